import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppFactorFilter, AppFactorFilterSchema, ListAppsRequest, ListAppsRequestSchema } from '#contracts';
import { PROTO_ENUMS } from '../graphql/enums.js';
import { present, type Maybe } from './arguments.js';

/** `AppFactorFilter` of the API. */
export interface FactorFilterInput {
  id: string;
  equals?: Maybe<string>;
  in?: Maybe<string[]>;
  min?: Maybe<number>;
  max?: Maybe<number>;
  known?: Maybe<boolean>;
}

/** What a contract takes for the filter of a list of apps. */
export type ListAppsInit = Exclude<MessageInitShape<typeof ListAppsRequestSchema>, ListAppsRequest>;
type FactorInit = Exclude<MessageInitShape<typeof AppFactorFilterSchema>, AppFactorFilter>;

/** The filter of a list of apps as the contract takes it. */
export function appListFilter<T extends object>(
  filter: Maybe<T & { factors?: Maybe<FactorFilterInput[]> }>,
): ListAppsInit {
  const { factors, ...others } = present(filter) as { factors?: FactorFilterInput[] };
  return { ...others, factors: (factors ?? []).flatMap(factorFilters) };
}

/** A contract has one list of values, so `equals` beside `in` is a condition of its own. */
function factorFilters({ id, equals, in: any, ...bounds }: FactorFilterInput): FactorInit[] {
  const first = { factorId: id, values: any ?? [], ...present(bounds) };
  if (equals === null || equals === undefined) return [first];
  return any ? [first, { factorId: id, values: [equals] }] : [{ ...first, values: [equals] }];
}

/** A kept filter in the words of the API: only what is set, enums by name. */
export function shownFilter(query: ListAppsRequest | undefined): Record<string, unknown> {
  if (!query) return {};
  const { $typeName: _, sort: _sort, descending: _descending, page: _page, factors, ...others } = query;
  const { categories, aiKinds, ...plain } = others;
  const isSet = ([, value]: [string, unknown]): boolean =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  const shown = {
    ...plain,
    categories: namesOf(PROTO_ENUMS.AppCategory, categories),
    aiKinds: namesOf(PROTO_ENUMS.AiKind, aiKinds),
    factors: factors.map(({ factorId, values, min, max, known }) =>
      Object.fromEntries(Object.entries({ id: factorId, in: values, min, max, known }).filter(isSet)),
    ),
  };
  return Object.fromEntries(Object.entries(shown).filter(isSet));
}

function namesOf(values: Readonly<Record<string, number>>, numbers: readonly number[]): string[] {
  return Object.keys(values).filter((name) => numbers.includes(values[name]!));
}
