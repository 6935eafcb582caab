import { AiKind, AppCategory } from '#contracts';

/** A kind of search: what is asked of the API, and of the table by hand for the same rows. */
export interface Search {
  readonly name: string;
  readonly document: string;
  /** Different each time, so that no answer is one that was kept. */
  readonly variables: (at: number, sample: Sample) => Record<string, unknown>;
  readonly sql: string;
  readonly parameters: (variables: Record<string, unknown>) => unknown[];
}

/** Names and domains of apps that are there. */
export interface Sample {
  readonly names: readonly string[];
  readonly domains: readonly string[];
}

const PAGE = 20;
const LIST = `query($filter: AppListFilter, $sort: AppSort) { apps(filter: $filter, sort: $sort, first: ${PAGE}) {
  totalCount edges { cursor node { id name category aiKind generativeAi score confidence vendor } } pageInfo { hasNextPage } } }`;
const FACETS = `query($filter: AppListFilter, $factors: [ID!]) { appFacets(filter: $filter, factors: $factors) { totalCount
  categories { category count } aiKinds { aiKind count } scores { from count } countries { country count }
  factors { factorId known unknown } } }`;
const COLUMNS = 'app_id, name, category, ai_kind, generative_ai, score, confidence, vendor';

const byName = (where: string) =>
  `SELECT ${COLUMNS}, count(*) OVER () FROM app WHERE ${where} ORDER BY lower(name) COLLATE "C" LIMIT ${PAGE}`;
const byScore = (where: string) =>
  `SELECT ${COLUMNS}, count(*) OVER () FROM app WHERE ${where} ORDER BY score DESC NULLS LAST LIMIT ${PAGE}`;
const CATEGORIES = ['SALES', 'SECURITY', 'GENERATIVE_AI', 'MARKETING', 'DEVELOPMENT_TOOLS', 'EDUCATION'] as const;
const KINDS = ['ASSISTANT', 'CODING', 'WRITING', 'IMAGE', 'VOICE', 'MODEL_PROVIDER_API'] as const;
const pick = <T>(items: readonly T[], at: number): T => items[at % items.length]!;
const filterOf = (variables: Record<string, unknown>) => variables['filter'] as Record<string, unknown>;

export const SEARCHES: readonly Search[] = [
  {
    name: 'part of a name',
    document: LIST,
    variables: (at, { names }) => ({ filter: { search: pick(names, at * 7).slice(1, 5) } }),
    sql: byName(`lower(name) LIKE $1 OR EXISTS (SELECT 1 FROM match_rule r
      WHERE r.tenant_id = app.tenant_id AND r.app_id = app.app_id AND r.value LIKE $1)`),
    parameters: (variables) => [`%${(filterOf(variables)['search'] as string).toLowerCase()}%`],
  },
  {
    name: 'a host below a domain',
    document: LIST,
    variables: (at, { domains }) => ({ filter: { domain: `eu.www.${pick(domains, at * 11)}` } }),
    sql: `SELECT ${COLUMNS} FROM app WHERE app_id IN (SELECT app_id FROM match_rule WHERE value = $1)`,
    parameters: (variables) => [(filterOf(variables)['domain'] as string).slice('eu.www.'.length)],
  },
  {
    name: 'category, best score first',
    document: LIST,
    variables: (at) => ({
      filter: { categories: [pick(CATEGORIES, at)] },
      sort: { field: 'SCORE', direction: 'DESCENDING' },
    }),
    sql: byScore('category = $1'),
    parameters: (variables) => [AppCategory[(filterOf(variables)['categories'] as [keyof typeof AppCategory])[0]]],
  },
  {
    name: 'kind of AI, by name',
    document: LIST,
    variables: (at) => ({ filter: { generativeAi: true, aiKinds: [pick(KINDS, at)] } }),
    sql: byName('generative_ai AND ai_kind = $1'),
    parameters: (variables) => [AiKind[(filterOf(variables)['aiKinds'] as [keyof typeof AiKind])[0]]],
  },
  {
    name: 'values of two factors',
    document: LIST,
    variables: (at) => ({
      filter: {
        factors: [
          { id: 'mfa', equals: pick(['true', 'false'], at) },
          { id: 'headquarters', known: true },
        ],
      },
    }),
    sql: byName(`facts @> $1::jsonb AND facts @> '[{"factorId":"headquarters"}]'`),
    parameters: (variables) => {
      const [{ equals }] = filterOf(variables)['factors'] as [{ equals: string }];
      return [JSON.stringify([{ factorId: 'mfa', value: equals }])];
    },
  },
  {
    name: 'score and confidence',
    document: LIST,
    variables: (at) => ({
      filter: { minScore: at % 5, maxScore: 5 + (at % 5), minConfidence: 0.05 },
      sort: { field: 'SCORE', direction: 'DESCENDING' },
    }),
    sql: byScore('score BETWEEN $1 AND $2 AND confidence >= 0.05'),
    parameters: (variables) => [filterOf(variables)['minScore'], filterOf(variables)['maxScore']],
  },
  {
    name: 'all, by name',
    document: LIST,
    variables: () => ({}),
    sql: byName('true'),
    parameters: () => [],
  },
  {
    name: 'facets of all',
    document: FACETS,
    variables: () => ({ factors: ['mfa', 'soc2'] }),
    sql: `SELECT category, ai_kind, floor(score), country, count(*), count(*) FILTER (WHERE facts @> '[{"factorId":"mfa"}]'),
        count(*) FILTER (WHERE facts @> '[{"factorId":"soc2"}]')
      FROM app GROUP BY GROUPING SETS ((category), (ai_kind), (floor(score)), (country), ())`,
    parameters: () => [],
  },
  {
    name: 'facets of generative AI',
    document: FACETS,
    variables: () => ({ filter: { generativeAi: true } }),
    sql: `SELECT category, ai_kind, floor(score), country, count(*) FROM app WHERE generative_ai
      GROUP BY GROUPING SETS ((category), (ai_kind), (floor(score)), (country), ())`,
    parameters: () => [],
  },
];
