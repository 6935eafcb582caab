import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PageInfoSchema, PageRequest } from '#contracts';
import { invalidField } from './catalog.errors.js';
import { readCursor, writeCursor } from './domain/cursor.js';

const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;

/** Which part of a list is asked for: how many, and the keys of the item before them. */
export interface PageAsked {
  readonly first: number;
  readonly key: string | undefined;
  readonly id: string | undefined;
}

/** @throws DomainError `catalog.page-invalid` for a size or a cursor that the list cannot have */
export function pageAsked(page: PageRequest | undefined, list: string): PageAsked {
  const first = page?.first || DEFAULT_PAGE;
  if (first > MAX_PAGE) throw invalidField('page', 'first', `A page has at most ${MAX_PAGE} items.`);
  const after = page?.after ? readCursor(page.after, list) : undefined;
  if (page?.after && !after) throw invalidField('page', 'after', 'That is no cursor of this list.');
  return { first, key: after?.key, id: after?.id };
}

/** The page made of `first` of the rows, one row more than that saying that there is a next one. */
export function pageOf<Row>(
  rows: readonly Row[],
  asked: PageAsked,
  list: string,
  totalCount: number,
  keysOf: (row: Row) => readonly [key: string, id: string],
): { items: Row[]; page: MessageInitShape<typeof PageInfoSchema> } {
  const items = rows.slice(0, asked.first);
  const cursors = items.map((row) => {
    const [key, id] = keysOf(row);
    return writeCursor({ order: list, key, id });
  });
  return { items, page: { cursors, hasNextPage: rows.length > asked.first, totalCount } };
}
