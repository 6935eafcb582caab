import { AiKind, AppCategory, AppSortField, type ListAppsRequest } from '#contracts';
import { readCriteria, type AppCriteria } from './app-criteria.js';
import { isScore } from './custom-app.js';
import { readCursor, type Place } from './cursor.js';
import { isPlainText } from './text.js';

/** A list of apps as it is asked for, checked. */
export interface AppListQuery {
  readonly search: string;
  readonly categories: readonly AppCategory[];
  readonly aiKinds: readonly AiKind[];
  readonly generativeAi: boolean | undefined;
  readonly minScore: number | undefined;
  readonly maxScore: number | undefined;
  /** Apps with any of these labels. */
  readonly labelIds: readonly string[];
  readonly criteria: AppCriteria;
  readonly sort: 'name' | 'score' | 'updated';
  readonly descending: boolean;
  /** Names sort and direction: cursors hold for it only. */
  readonly order: string;
  readonly first: number;
  readonly after: Place | undefined;
}

export interface QueryProblem {
  readonly subject: string;
  readonly field: string;
  readonly message: string;
}

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const MAX_SEARCH = 253;
const MAX_LABELS = 100;
const SORTS: Readonly<Record<number, AppListQuery['sort']>> = {
  [AppSortField.UNSPECIFIED]: 'name',
  [AppSortField.NAME]: 'name',
  [AppSortField.SCORE]: 'score',
  [AppSortField.UPDATED_AT]: 'updated',
};
const KEYS: Readonly<Record<AppListQuery['sort'], RegExp>> = {
  name: /^/,
  score: /^-?\d{1,2}(\.\d{1,20})?(e-\d{1,3})?$/,
  updated: /^(?!0000)\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?([+-](0\d|1[0-5])(:?[0-5]\d)?|Z)$/,
};

/** Whether Postgres can read the key: a 31st of February looks like a day too. */
function isKey(sort: AppListQuery['sort'], key: string): boolean {
  return KEYS[sort].test(key) && (sort !== 'updated' || isMoment(key));
}

function isMoment(key: string): boolean {
  const [day, time] = [key.slice(0, 10), key.slice(11, 19)];
  const moment = new Date(`${day}T${time}Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(`${day}T${time}`);
}

/** Checks a request, or says what is wrong with it first. */
export function readQuery(request: ListAppsRequest): { query: AppListQuery } | { problem: QueryProblem } {
  const { categories, aiKinds, generativeAi, minScore, maxScore, labelIds, descending, page } = request;
  const search = request.search.trim();
  const say = (subject: string, field: string, message: string) => ({ problem: { subject, field, message } });
  if (search.length > MAX_SEARCH || !isPlainText(search)) {
    return say('search', 'search', `A search has at most ${MAX_SEARCH} characters of text.`);
  }
  if (categories.some((category) => !category || AppCategory[category] === undefined)) {
    return say('category', 'categories', 'That is no category of apps.');
  }
  if (aiKinds.some((kind) => !kind || AiKind[kind] === undefined))
    return say('ai-kind', 'aiKinds', 'That is no kind of AI.');
  for (const [field, score] of [['minScore', minScore] as const, ['maxScore', maxScore] as const]) {
    if (score !== undefined && !isScore(score)) return say('score', field, 'A score is a number from 0 to 10.');
  }
  if (minScore !== undefined && maxScore !== undefined && minScore > maxScore) {
    return say('score', 'minScore', 'The least score is above the greatest.');
  }
  if (labelIds.length > MAX_LABELS || !labelIds.every(isPlainText))
    return say('label', 'labelIds', `Apps are filtered by at most ${MAX_LABELS} labels at once.`);
  const known = readCriteria(request);
  if ('problem' in known) return known;
  const sort = SORTS[request.sort];
  if (!sort) return say('sort', 'sort', 'Apps cannot be sorted by that.');
  const first = page?.first || DEFAULT_PAGE;
  if (first > MAX_PAGE) return say('page', 'first', `A page has at most ${MAX_PAGE} apps.`);
  const order = `${sort}${descending ? '-' : '+'}`;
  const after = page?.after ? readCursor(page.after, order) : undefined;
  if (page?.after && (!after || !isKey(sort, after.key)))
    return say('page', 'after', 'That is no cursor of this list.');
  const filters = { categories, aiKinds, generativeAi, minScore, maxScore, labelIds, criteria: known.criteria };
  return { query: { search, ...filters, sort, descending, order, first, after } };
}
