import type { Tag } from '#contracts';
import { type AppFilter } from '#contracts';
import type { AppFacts } from './app-facts.js';
import { aiKindLabel, categoryLabel, tagLabel } from './labels.js';

/** Beyond this many values a filter is told by its size instead of by its values. */
const SPELLED_OUT = 5;

/**
 * Whether an app satisfies a filter: the values that did, one entry a filter, or undefined where it does not.
 *
 * @param manualTag the tag set by hand. Policies' own tags are not looked at: a policy could switch itself off with them.
 */
export type Matcher = (app: AppFacts, manualTag: Tag) => string[] | undefined;

type Check = (app: AppFacts, manualTag: Tag) => string | undefined;

/** Prepares a filter for many apps. All filters that are set must hold; several values in one mean any of them. */
export function compileFilter(filter: AppFilter): Matcher {
  const checks: Check[] = [];
  const add = (applies: boolean, check: Check) => {
    if (applies) checks.push(check);
  };

  add(
    filter.appIds.length > 0,
    oneOf(
      'app',
      filter.appIds,
      (app) => app.appId,
      (id) => id,
    ),
  );
  add(
    filter.excludedAppIds.length > 0,
    noneOf(
      'app',
      filter.excludedAppIds,
      (app) => app.appId,
      (id) => id,
    ),
  );
  add(
    filter.categories.length > 0,
    oneOf('category', filter.categories, (app) => app.category, categoryLabel),
  );
  add(
    filter.excludedCategories.length > 0,
    noneOf('category', filter.excludedCategories, (app) => app.category, categoryLabel),
  );
  add(filter.minScore !== undefined || filter.maxScore !== undefined, scoreWithin(filter));
  add(filter.generativeAi !== undefined, (app) =>
    app.generativeAi === filter.generativeAi ? `generativeAi = ${app.generativeAi ? 'yes' : 'no'}` : undefined,
  );
  add(
    filter.aiKinds.length > 0,
    oneOf('aiKind', filter.aiKinds, (app) => app.aiKind, aiKindLabel),
  );
  add(
    filter.tags.length > 0,
    oneOf('tag by hand', filter.tags, (_, manualTag) => manualTag, tagLabel),
  );

  return (app, manualTag) => {
    const matched: string[] = [];
    for (const check of checks) {
      const value = check(app, manualTag);
      if (value === undefined) return undefined;
      matched.push(value);
    }
    return matched;
  };
}

/** Whether a filter sets no condition at all, so that every app satisfies it. */
export function isEmptyFilter(filter: AppFilter): boolean {
  return (
    filter.categories.length === 0 &&
    filter.excludedCategories.length === 0 &&
    filter.minScore === undefined &&
    filter.maxScore === undefined &&
    filter.tags.length === 0 &&
    filter.appIds.length === 0 &&
    filter.excludedAppIds.length === 0 &&
    filter.generativeAi === undefined &&
    filter.aiKinds.length === 0
  );
}

function oneOf<T>(
  name: string,
  values: readonly T[],
  valueOf: (app: AppFacts, manualTag: Tag) => T,
  label: (value: T) => string,
): Check {
  const wanted = new Set(values);
  const condition = listed('any of', wanted, label);
  return (app, manualTag) => {
    const value = valueOf(app, manualTag);
    return wanted.has(value) ? `${name} = ${label(value)} (${condition})` : undefined;
  };
}

function noneOf<T>(
  name: string,
  values: readonly T[],
  valueOf: (app: AppFacts) => T,
  label: (value: T) => string,
): Check {
  const refused = new Set(values);
  const condition = listed('none of', refused, label);
  return (app) => {
    const value = valueOf(app);
    return refused.has(value) ? undefined : `${name} = ${label(value)} (${condition})`;
  };
}

function scoreWithin({ minScore: min, maxScore: max, includeUnscored }: AppFilter): Check {
  const lowest = min ?? 0;
  const highest = max ?? 10;
  const condition =
    min === undefined ? `at most ${highest}` : max === undefined ? `at least ${lowest}` : `${lowest} to ${highest}`;
  return ({ score }) => {
    if (score === undefined) return includeUnscored ? `riskScore = unknown (${condition}, or unscored)` : undefined;
    return score < lowest || score > highest ? undefined : `riskScore = ${shown(score)} (${condition})`;
  };
}

function listed<T>(words: string, values: ReadonlySet<T>, label: (value: T) => string): string {
  if (values.size > SPELLED_OUT) return `${words} ${values.size} listed`;
  return `${words} ${[...values].map(label).join(', ')}`;
}

/** Scores are shown with at most two decimals: more would be noise of the arithmetic. */
function shown(score: number): string {
  return String(Math.round(score * 100) / 100);
}
