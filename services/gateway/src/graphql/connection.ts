import { cursorInvalid, pageSizeOutOfRange } from '../gateway.errors.js';

const MAX_PAGE = 100;
const MAX_CURSOR_LENGTH = 2_000;

/** The arguments of every list. */
export interface PageArgs {
  readonly first: number;
  readonly after?: string | null;
}

/** A part of a list, as services answer it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly page: PageAnswer | undefined;
}

export interface PageAnswer {
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

export interface Connection<T> {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

/** The arguments as a contract takes them. @throws DomainError `page.first-out-of-range`, `page.cursor-invalid` */
export function pageRequest(args: PageArgs): { first: number; after: string } {
  if (args.first < 1 || args.first > MAX_PAGE) throw pageSizeOutOfRange();
  const after = args.after ?? '';
  if (after.length > MAX_CURSOR_LENGTH) throw cursorInvalid();
  return { first: args.first, after };
}

/** A Relay connection of an answered page (GraphQL Cursor Connections Specification). */
export function connection<T>({ items, page }: Page<T>, args: PageArgs): Connection<T> {
  const cursors = page?.cursors ?? [];
  return {
    edges: items.map((node, index) => ({ cursor: cursors[index] ?? '', node })),
    pageInfo: {
      hasNextPage: page?.hasNextPage ?? false,
      hasPreviousPage: Boolean(args.after),
      startCursor: cursors[0] ?? null,
      endCursor: cursors[items.length - 1] ?? null,
    },
    totalCount: page?.totalCount ?? items.length,
  };
}
