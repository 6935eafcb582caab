import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PageInfoSchema, PageRequest } from '#contracts';
import { invalidPage } from './correlator.errors.js';
import { decodeCursor, encodeCursor } from './domain/cursor.js';

const MAX_PAGE = 100;

/** One page of a list, and where it stands in the whole. */
export interface Page<T> {
  readonly items: T[];
  readonly info: MessageInitShape<typeof PageInfoSchema>;
}

/** How many items are asked for, and the id of the item before them. @throws DomainError `correlator.page-invalid` */
export function askedFor(request: PageRequest | undefined): { first: number; afterId: string | null } {
  const first = request?.first ?? 0;
  if (first < 1 || first > MAX_PAGE) throw invalidPage('first', `Ask for 1 to ${MAX_PAGE} items.`);
  if (!request?.after) return { first, afterId: null };
  const keys = decodeCursor(request.after, 1);
  if (!keys) throw invalidPage('after', 'That is not a cursor of this list.');
  return { first, afterId: keys[0]! };
}

/** @param rows one more than asked for, where there are more */
export function pageOf<Row, T>(
  rows: readonly Row[],
  first: number,
  totalCount: number,
  idOf: (row: Row) => string,
  itemOf: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, first);
  const cursors = shown.map((row) => encodeCursor([idOf(row)]));
  return { items: shown.map(itemOf), info: { cursors, hasNextPage: rows.length > first, totalCount } };
}
