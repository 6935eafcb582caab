import { AiKind, AppCategory, PolicyScope, Severity, Tag, type AppFilter, type PolicyInput } from '#contracts';
import { isEmptyFilter } from './filter.js';
import { isNamed } from './labels.js';
import { isPlainText } from './text.js';

export const MAX_NAME = 120;
export const MAX_DESCRIPTION = 2_000;
export const MAX_REASON = 2_000;
/** How many apps one filter may list. */
export const MAX_APP_IDS = 1_000;
export const MAX_APP_ID = 200;

/** What an admin asked for, checked and in its plainest form. */
export interface PolicyDraft {
  readonly name: string;
  readonly description: string;
  readonly severity: Severity;
  readonly filter: AppFilter;
  readonly scope: PolicyScope;
  readonly action: Tag;
  readonly alert: boolean;
  readonly enabled: boolean;
}

/** What is wrong with one field, as a dotted path. */
export interface Problem {
  readonly field: string;
  readonly code: 'name' | 'description' | 'severity' | 'scope' | 'action' | 'filter' | 'score-range' | 'filter-empty';
  readonly message: string;
}

export function validatePolicy(input: PolicyInput | undefined): { draft: PolicyDraft } | { problem: Problem } {
  if (!input) return wrong('policy', 'name', 'A policy is required.');
  const name = input.name.trim();
  if (name.length === 0 || name.length > MAX_NAME || !isPlainText(name)) {
    return wrong('name', 'name', `The name must have 1 to ${MAX_NAME} characters of text.`);
  }
  if (input.description.length > MAX_DESCRIPTION || !isPlainText(input.description)) {
    return wrong(
      'description',
      'description',
      `The description may have at most ${MAX_DESCRIPTION} characters of text.`,
    );
  }
  if (!isNamed(Severity, input.severity)) return wrong('severity', 'severity', 'The severity is not a known one.');
  const scope = input.scope === PolicyScope.UNSPECIFIED ? PolicyScope.DISCOVERED : input.scope;
  if (!isNamed(PolicyScope, scope)) return wrong('scope', 'scope', 'The scope is not a known one.');
  if (input.action !== Tag.UNSPECIFIED && !isNamed(Tag, input.action)) {
    return wrong('action', 'action', 'The action is not a known tag.');
  }
  if (!input.filter) return wrong('filter', 'filter', 'A filter is required.');
  const filter = plainFilter(input.filter);
  const problem = filterProblem(filter) ?? emptyFilterProblem(filter, input.action, scope);
  if (problem) return { problem };
  const { description, severity, action, alert, enabled } = input;
  return { draft: { name, description, severity, filter, scope, action, alert, enabled } };
}

/** A filter that sets nothing matches every app: harmless to watch what is discovered, a disaster with a tag. */
function emptyFilterProblem(filter: AppFilter, action: Tag, scope: PolicyScope): Problem | undefined {
  if (!isEmptyFilter(filter)) return undefined;
  if (action === Tag.UNSPECIFIED && scope === PolicyScope.DISCOVERED) return undefined;
  const message =
    'A filter without any condition matches every app: set at least one condition, ' +
    'or only alert on discovered apps without tagging them.';
  return { field: 'filter', code: 'filter-empty', message };
}

function filterProblem(filter: AppFilter): Problem | undefined {
  return (
    scoreProblem('minScore', filter.minScore) ??
    scoreProblem('maxScore', filter.maxScore) ??
    rangeProblem(filter) ??
    unscoredProblem(filter) ??
    enumProblem('categories', filter.categories, (value) => isNamed(AppCategory, value), 'category') ??
    enumProblem('excludedCategories', filter.excludedCategories, (value) => isNamed(AppCategory, value), 'category') ??
    enumProblem('tags', filter.tags, (value) => value === Tag.UNSPECIFIED || isNamed(Tag, value), 'tag') ??
    enumProblem('aiKinds', filter.aiKinds, (value) => isNamed(AiKind, value), 'kind of AI') ??
    idsProblem('appIds', filter.appIds) ??
    idsProblem('excludedAppIds', filter.excludedAppIds)
  );
}

function scoreProblem(field: string, score: number | undefined): Problem | undefined {
  if (score === undefined || (score >= 0 && score <= 10)) return undefined;
  return { field: `filter.${field}`, code: 'score-range', message: 'A risk score must be between 0 and 10.' };
}

function rangeProblem({ minScore, maxScore }: AppFilter): Problem | undefined {
  if (minScore === undefined || maxScore === undefined || minScore <= maxScore) return undefined;
  const message = `The lowest score (${minScore}) is above the highest score (${maxScore}).`;
  return { field: 'filter.minScore', code: 'score-range', message };
}

function unscoredProblem({ minScore, maxScore, includeUnscored }: AppFilter): Problem | undefined {
  if (!includeUnscored || minScore !== undefined || maxScore !== undefined) return undefined;
  const message = 'Unscored apps can only be included beside a score range; without one they match anyway.';
  return { field: 'filter.includeUnscored', code: 'filter', message };
}

function enumProblem(
  field: string,
  values: readonly number[],
  isKnown: (value: number) => boolean,
  noun: string,
): Problem | undefined {
  const index = values.findIndex((value) => !isKnown(value));
  if (index < 0) return undefined;
  return { field: `filter.${field}.${index}`, code: 'filter', message: `${values[index]} is not a known ${noun}.` };
}

function idsProblem(field: string, ids: readonly string[]): Problem | undefined {
  if (ids.length > MAX_APP_IDS) {
    return { field: `filter.${field}`, code: 'filter', message: `At most ${MAX_APP_IDS} apps can be listed.` };
  }
  const index = ids.findIndex((id) => id.length === 0 || id.length > MAX_APP_ID || !isPlainText(id));
  if (index < 0) return undefined;
  const message = `An app id must have 1 to ${MAX_APP_ID} characters.`;
  return { field: `filter.${field}.${index}`, code: 'filter', message };
}

/** The filter with each value once, in the order they were given. */
function plainFilter(given: AppFilter): AppFilter {
  return {
    ...given,
    categories: [...new Set(given.categories)],
    excludedCategories: [...new Set(given.excludedCategories)],
    tags: [...new Set(given.tags)],
    appIds: [...new Set(given.appIds)],
    excludedAppIds: [...new Set(given.excludedAppIds)],
    aiKinds: [...new Set(given.aiKinds)],
  };
}

function wrong(field: string, code: Problem['code'], message: string): { problem: Problem } {
  return { problem: { field, code, message } };
}
