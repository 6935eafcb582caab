import type { ListAppsRequest } from '#contracts';
import type { QueryProblem } from './app-list-query.js';
import type { FactorDefinition } from './factors/definition.js';
import { factorById } from './factors/registry.js';
import { isPlainText } from './text.js';

/** What must be known of a factor, checked. Without values and bounds: any value. */
export interface FactorCriterion {
  readonly factor: FactorDefinition;
  readonly known: boolean;
  readonly values: readonly string[];
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** The part of a list's filters that goes into what is known of the apps. */
export interface AppCriteria {
  readonly factors: readonly FactorCriterion[];
  readonly minConfidence: number | undefined;
  readonly maxConfidence: number | undefined;
  readonly unscored: boolean | undefined;
  /** A host as it was given; empty = any. */
  readonly domain: string;
}

const MAX_FACTORS = 20;
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 500;
const MAX_DOMAIN_LENGTH = 253;

/** Checks that part of a request, or says what is wrong with it first. */
export function readCriteria(request: ListAppsRequest): { criteria: AppCriteria } | { problem: QueryProblem } {
  const { minConfidence, maxConfidence, unscored } = request;
  const domain = request.domain.trim();
  const say = (subject: string, field: string, message: string) => ({ problem: { subject, field, message } });
  if (domain.length > MAX_DOMAIN_LENGTH || !isPlainText(domain)) {
    return say('domain', 'domain', `A domain has at most ${MAX_DOMAIN_LENGTH} characters of text.`);
  }
  for (const [field, share] of [['minConfidence', minConfidence] as const, ['maxConfidence', maxConfidence] as const]) {
    if (share !== undefined && !(share >= 0 && share <= 1)) {
      return say('confidence', field, 'A confidence is a number from 0 to 1.');
    }
  }
  if (minConfidence !== undefined && maxConfidence !== undefined && minConfidence > maxConfidence) {
    return say('confidence', 'minConfidence', 'The least confidence is above the greatest.');
  }
  if (request.factors.length > MAX_FACTORS) {
    return say('factor', 'factors', `A filter has conditions on at most ${MAX_FACTORS} factors.`);
  }
  const factors: FactorCriterion[] = [];
  for (const [at, asked] of request.factors.entries()) {
    const { factorId, values, min, max, known } = asked;
    const field = `factors.${at}`;
    const factor = factorById.get(factorId);
    if (!factor || factor.field)
      return say('factor', `${field}.id`, 'There is no such factor of which values are kept.');
    if (values.length > MAX_VALUES || values.some((value) => value.length > MAX_VALUE_LENGTH || !isPlainText(value))) {
      return say(
        'factor',
        `${field}.in`,
        `At most ${MAX_VALUES} values of at most ${MAX_VALUE_LENGTH} characters of text.`,
      );
    }
    if (min !== undefined || max !== undefined) {
      const problem = whyNoRange(factor, min, max);
      if (problem) return say('factor', `${field}.${min === undefined ? 'max' : 'min'}`, problem);
    }
    if (known === false && (values.length > 0 || min !== undefined || max !== undefined)) {
      return say('factor', `${field}.known`, 'What is not known has no value to compare.');
    }
    factors.push({ factor, known: known ?? true, values, min, max });
  }
  return { criteria: { factors, minConfidence, maxConfidence, unscored, domain } };
}

function whyNoRange(factor: FactorDefinition, min: number | undefined, max: number | undefined): string | undefined {
  if (factor.type !== 'number' && factor.type !== 'year') return 'Only numbers and years have a least and a greatest.';
  if ([min, max].some((bound) => bound !== undefined && !Number.isFinite(bound))) return 'That is no number.';
  return min !== undefined && max !== undefined && min > max ? 'The least is above the greatest.' : undefined;
}
