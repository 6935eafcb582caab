/** How much of a list is asked for, checked. */
export interface Slice {
  readonly first: number;
  /** The sort key of the item before the first one wanted. */
  readonly after: string | undefined;
}

export const MAX_PAGE = 100;
const STANDARD_PAGE = 50;
const MAX_CURSOR = 2_000;

/**
 * Reads a page request. 0 items = the standard number.
 *
 * @returns the name of the field that is wrong instead, where one is
 */
export function readSlice(page: { first: number; after: string } | undefined): Slice | { wrong: 'first' | 'after' } {
  const first = page?.first || STANDARD_PAGE;
  if (first > MAX_PAGE) return { wrong: 'first' };
  if (!page?.after) return { first, after: undefined };
  const after = Buffer.from(page.after, 'base64url');
  const isOurs = page.after.length <= MAX_CURSOR && after.toString('base64url') === page.after;
  const text = after.toString('utf8');
  return isOurs && !text.includes('\0') && Buffer.from(text).equals(after)
    ? { first, after: text }
    : { wrong: 'after' };
}

/** The cursor of an item: its sort key, in base64url. */
export function cursorOf(sortKey: string): string {
  return Buffer.from(sortKey).toString('base64url');
}

export interface Sliced<T> {
  readonly items: T[];
  readonly info: { cursors: string[]; hasNextPage: boolean; totalCount: number };
}

/**
 * A page of a list in memory.
 *
 * @param keyOf the item's sort key; the list is sorted by it, by code unit, and no two items share one
 */
export function sliceOf<T>(list: readonly T[], slice: Slice, keyOf: (item: T) => string): Sliced<T> {
  const { after } = slice;
  const found = after === undefined ? 0 : list.findIndex((item) => keyOf(item) > after);
  const start = found < 0 ? list.length : found;
  const items = list.slice(start, start + slice.first);
  const cursors = items.map((item) => cursorOf(keyOf(item)));
  return { items, info: { cursors, hasNextPage: start + items.length < list.length, totalCount: list.length } };
}
