import type { AppCriteria, FactorCriterion } from './domain/app-criteria.js';

/** Adds a parameter to a statement and answers its name there. */
export type Bind = (value: unknown) => string;

/**
 * The conditions of a filter on what is known of apps, over the columns of a visible app.
 *
 * @param owner the id of the app that claims the filter's domain, where it has one; empty = none does
 */
export function criteriaConditions(criteria: AppCriteria, owner: string, bind: Bind): string[] {
  const where: string[] = [];
  const { minConfidence, maxConfidence, unscored, domain, factors } = criteria;
  if (domain !== '') where.push(`app_id = ${bind(owner)}`);
  if (minConfidence !== undefined) where.push(`effective_confidence >= ${bind(minConfidence)}`);
  if (maxConfidence !== undefined) where.push(`effective_confidence <= ${bind(maxConfidence)}`);
  if (unscored !== undefined) where.push(`effective_score IS ${unscored ? '' : 'NOT '}NULL`);
  for (const criterion of factors) where.push(factorCondition(criterion, bind));
  return where;
}

/**
 * Asked of `app` by itself, so that the index over its facts finds the apps; what an index cannot say is asked of those
 * that it found.
 */
function factorCondition({ factor, known, values, min, max }: FactorCriterion, bind: Bind): string {
  if (values.length === 0 && min === undefined && max === undefined) {
    return `${known ? '' : 'NOT '}fact_ids ? ${bind(factor.id)}`;
  }
  const holds = (fact: object): string => `f.facts @> ${bind(JSON.stringify([fact]))}::jsonb`;
  const isKnown = (): string => holds({ factorId: factor.id });
  const among = (condition: string): string =>
    `(tenant_id, app_id) IN (SELECT f.tenant_id, f.app_id FROM app f
      WHERE f.tenant_id IN ('', $1) AND ${condition})`;
  const conditions: string[] = [];
  if (values.length > 0 && factor.type === 'list') {
    conditions.push(
      isKnown(),
      ofFact(factor.id, `string_to_array(fact->>'value', ',') && ${bind(values)}::text[]`, bind),
    );
  } else if (values.length > 0) {
    conditions.push(`(${values.map((value) => holds({ factorId: factor.id, value })).join(' OR ')})`);
  } else conditions.push(isKnown());
  if (min !== undefined || max !== undefined) {
    // Text that is no number, such as "n/a", is in no range.
    const number = `CASE WHEN fact->>'value' ~ '^[0-9]+(\\.[0-9]+)?$' THEN (fact->>'value')::double precision END`;
    const bounds = [
      ...(min === undefined ? [] : [`${number} >= ${bind(min)}::double precision`]),
      ...(max === undefined ? [] : [`${number} <= ${bind(max)}::double precision`]),
    ];
    conditions.push(ofFact(factor.id, bounds.join(' AND '), bind));
  }
  return among(conditions.join(' AND '));
}

function ofFact(factorId: string, condition: string, bind: Bind): string {
  return `EXISTS (SELECT 1 FROM jsonb_array_elements(f.facts) fact
    WHERE fact->>'factorId' = ${bind(factorId)} AND ${condition})`;
}
