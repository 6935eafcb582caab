import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PageInfoSchema, PageRequest } from '#contracts';
import { decodeCursor, encodeCursor } from './domain/cursor.js';
import { cursorInvalid, fieldInvalid } from './telemetry.errors.js';

const MAX_PAGE = 100;

/** One page of a list, and where it stands in the whole. */
export interface Page<T> {
  readonly items: T[];
  readonly info: MessageInitShape<typeof PageInfoSchema>;
}

/** How many items are wanted, and the sort keys of the one before them. @throws DomainError for a page nobody can give */
export function pageOf(
  request: PageRequest | undefined,
  list: string,
  keys: number,
): { first: number; after: string[] | undefined } {
  const first = request?.first ?? 0;
  if (first < 1 || first > MAX_PAGE) throw fieldInvalid('first', `must be 1 to ${MAX_PAGE}`);
  if (!request?.after) return { first, after: undefined };
  const after = decodeCursor(request.after, list, keys);
  if (!after) throw cursorInvalid();
  return { first, after };
}

/** The page made of `first` of the rows; one row more than `first` says that there is a next page. */
export function paged<Row, T>(
  rows: readonly Row[],
  first: number,
  totalCount: number,
  list: string,
  keysOf: (row: Row) => string[],
  itemOf: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, first);
  return {
    items: shown.map(itemOf),
    info: {
      cursors: shown.map((row) => encodeCursor(list, keysOf(row))),
      hasNextPage: rows.length > first,
      totalCount,
    },
  };
}
