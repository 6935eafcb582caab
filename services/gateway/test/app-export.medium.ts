import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import {
  AppCategory,
  AppSchema,
  CatalogSearchService,
  ListAppsRequestSchema,
  SavedAppQuerySchema,
  type App,
  type ListAppsRequest,
} from '#contracts';
import { DomainError } from '#kernel';
import type { RpcHandlers } from '#rpc';
import { eventually } from '#testkit';
import { gatewayApp, type GatewayApp } from './gateway-app.js';

const app = (id: string, more: object = {}): App =>
  create(AppSchema, { id, name: id, category: AppCategory.SALES, confidence: 0.5, ...more });
const fact = (factorId: string, value: string) => ({ factorId, value, source: 'a list', observedOn: '2026-01-01' });

/** A catalog that answers two apps at a time. */
class FakeCatalog implements RpcHandlers<typeof CatalogSearchService> {
  apps: App[] = [];
  asked: ListAppsRequest[] = [];
  failAfter = '';
  before: () => Promise<void> = async () => undefined;

  exportApps: RpcHandlers<typeof CatalogSearchService>['exportApps'] = async ({ filter, afterId }) => {
    await this.before();
    this.asked.push(filter ?? create(ListAppsRequestSchema));
    if (filter?.search === 'wrong') {
      throw new DomainError('invalid', 'catalog.search-invalid', 'No.', { field: 'search' });
    }
    if (this.failAfter !== '' && this.failAfter === afterId) throw new Error('the catalog broke');
    const rest = this.apps.filter(({ id }) => id > afterId);
    return { apps: rest.slice(0, 2), hasNext: rest.length > 2, factorIds: afterId === '' ? ['mfa', 'soc2'] : [] };
  };
  countAppFacets: RpcHandlers<typeof CatalogSearchService>['countAppFacets'] = async ({ filter, factorIds }) => {
    this.asked.push(filter!);
    return {
      totalCount: 3,
      categories: [{ category: AppCategory.SALES, count: 3 }],
      aiKinds: [{ aiKind: 0, count: 3 }],
      scores: [{ from: 9, count: 1 }, { count: 2 }],
      countries: [{ value: '', count: 3 }],
      factors: factorIds.map((factorId) => ({ factorId, known: 1, unknown: 2 })),
    };
  };
  saveAppQuery: RpcHandlers<typeof CatalogSearchService>['saveAppQuery'] = async ({ name, query }) => ({
    ...create(SavedAppQuerySchema, { id: 'q1', name, createdBy: 'me', createdAt: {}, updatedAt: {} }),
    query,
  });
  listSavedAppQueries = async () => ({ queries: [] });
  renameSavedAppQuery = async (): Promise<never> => {
    throw new DomainError('not-found', 'catalog.saved-query-not-found', 'There is none.', { field: 'id' });
  };
  deleteSavedAppQuery = async () => ({});
}

describe('apps as a file', () => {
  let gateway: GatewayApp;
  const catalog = new FakeCatalog();
  beforeAll(async () => {
    gateway = await gatewayApp();
    gateway.registry.serve(CatalogSearchService, catalog);
  });
  afterAll(() => gateway.test.close());

  const get = (parameters: string, token: string | null = gateway.adminToken) =>
    fetch(`${gateway.url}/v1/apps/export?${parameters}`, {
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
    });
  const audited = async () => {
    const answer = await gateway.graphql<{ auditLog: { edges: { node: Record<string, unknown> }[] } }>(
      '{ auditLog(first: 20) { edges { node { operation outcome errorCode arguments } } } }',
    );
    return answer.data!.auditLog.edges.map(({ node }) => node).filter(({ operation }) => operation === 'exportApps');
  };

  it('streams every app as CSV that no spreadsheet takes for formulas', async () => {
    catalog.apps = [
      app('a', { name: '=cmd|"/c calc"!A0', factors: [fact('soc2', 'true')], score: 7.5 }),
      app('b', { name: 'Quotes "and", commas', description: 'two\nlines' }),
      app('c', { vendor: '@SUM(1)', tenantId: 't1' }),
      app('d', { vendor: '-1+2' }),
      app('e', {
        rules: [
          { kind: 2, value: 'chat.e.org' },
          { kind: 3, value: 'e.org' },
          { kind: 7, value: '192.0.2.0/24' },
          { kind: 2, value: 'api.e.org', use: 1 },
        ],
        owner: 'Sales',
        labelIds: ['l1', 'l2'],
      }),
    ];
    const response = await get('format=csv');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="apps.csv"');
    const text = await response.text();
    expect(text.split('\r\n')[0]).toMatch(/^id,name,category,.*,rules,factor\.mfa,factor\.soc2$/);
    expect(text).toContain(`a,"'=cmd|""/c calc""!A0",SALES,`);
    expect(text).toContain('b,"Quotes ""and"", commas",SALES');
    expect(text).toContain('"two\nlines"');
    expect(text).toContain(",'@SUM(1),");
    expect(text).toContain(",'-1+2,");
    expect(text).toContain(",'=chat.e.org *.e.org ip:192.0.2.0/24 api:=api.e.org,");
    expect(text).toMatch(/^e,.*,Sales,l1 l2,/m);
    expect(text.match(/\r\n/g)).toHaveLength(6);
    expect(text).toMatch(/^a,.*,,true\r$/m);
  });

  it('streams every app as JSON Lines, with sources', async () => {
    const response = await get('format=jsonl');
    const lines = (await response.text()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      score: 7.5,
      category: 'SALES',
      aiKind: null,
      factors: [{ factorId: 'soc2', value: 'true', source: 'a list', observedOn: '2026-01-01' }],
    });
  });

  it('passes on every filter', async () => {
    catalog.asked = [];
    const parameters =
      'format=jsonl&search=chat&domain=a.org&categories=SALES,SECURITY&aiKinds=CODING&generativeAi=true&unscored=false&labelIds=l1,l2' +
      '&minScore=1&maxScore=9.5&minConfidence=0.1&maxConfidence=1&factors=soc2&factors=!mfa&factors=hq:US,DE&factors=founded:2010..';
    await (await get(parameters)).text();
    expect(catalog.asked[0]).toMatchObject({
      search: 'chat',
      domain: 'a.org',
      categories: [AppCategory.SALES, AppCategory.SECURITY],
      generativeAi: true,
      labelIds: ['l1', 'l2'],
      unscored: false,
      minScore: 1,
      maxScore: 9.5,
      minConfidence: 0.1,
      maxConfidence: 1,
    });
    expect(catalog.asked[0]!.factors).toMatchObject([
      { factorId: 'soc2', values: [] },
      { factorId: 'mfa', known: false },
      { factorId: 'hq', values: ['US', 'DE'] },
      { factorId: 'founded', min: 2010 },
    ]);
  });

  it.each([
    ['format', ''],
    ['format', 'format=xml'],
    ['nonsense', 'format=csv&nonsense=1'],
    ['__proto__', 'format=csv&__proto__=1'],
    ['categories', 'format=csv&categories=NONE'],
    ['minScore', 'format=csv&minScore=many'],
    ['search', 'format=csv&search=a&search=b'],
    ['search', 'format=csv&search=wrong'],
  ])('refuses a wrong %s', async (field, parameters) => {
    const response = await get(parameters);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ field });
  });

  it('is for those who may read', async () => {
    expect((await get('format=csv', null)).status).toBe(401);
    expect((await get('format=csv', 'gnm_nonsense')).status).toBe(401);
    expect((await get('format=csv', await gateway.tokenOf(['viewer']))).status).toBe(200);
    expect((await get('format=csv', await gateway.tokenOf(['integration']))).status).toBe(200);
  });

  it('makes one at a time for an organisation, and another when it has ended', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    catalog.before = () => held;
    const first = get('format=csv');
    await eventually(async () => {
      const second = await get('format=csv');
      expect(second.status).toBe(503);
      expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    });
    catalog.before = async () => undefined;
    release();
    await (await first).text();
    await eventually(async () => expect((await get('format=csv')).status).toBe(200));
  });

  it('ends the connection where the catalog fails on the way, and records how each export ended', async () => {
    await eventually(async () => {
      catalog.failAfter = 'b';
      const response = await get('format=csv&search=cut');
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    });
    catalog.failAfter = '';
    await eventually(async () => {
      const [latest] = await audited();
      expect(latest).toMatchObject({ outcome: 'FAILED', errorCode: 'internal' });
      expect(latest!['arguments']).toMatchObject({ format: 'csv', search: 'cut' });
    });
    expect((await audited()).some(({ outcome }) => outcome === 'SUCCEEDED')).toBe(true);
  });

  it('answers facets and saved queries in the words of the API', async () => {
    const { data } = await gateway.graphql(
      `{ appFacets(filter: { factors: [{ id: "mfa", equals: "true" }, { id: "soc2", known: false }] }, factors: ["mfa"]) {
        totalCount categories { category count } aiKinds { aiKind } scores { from to count } countries { country }
        factors { factorId known unknown } } }`,
    );
    expect(data!['appFacets']).toEqual({
      totalCount: 3,
      categories: [{ category: 'SALES', count: 3 }],
      aiKinds: [{ aiKind: null }],
      scores: [
        { from: 9, to: 10, count: 1 },
        { from: null, to: null, count: 2 },
      ],
      countries: [{ country: null }],
      factors: [{ factorId: 'mfa', known: 1, unknown: 2 }],
    });
    expect(catalog.asked.at(-1)!.factors).toMatchObject([
      { factorId: 'mfa', values: ['true'] },
      { factorId: 'soc2', known: false },
    ]);
    const filter = { categories: ['SALES'], minScore: 2, factors: [{ id: 'mfa', in: ['true'] }] };
    const save = `mutation($input: SaveAppQueryInput!) { saveAppQuery(input: $input) {
      ... on SaveAppQuerySuccess { query { id name filter sort descending } } ... on UserError { code } } }`;
    const input = { name: 'Mine', filter, sort: { field: 'SCORE', direction: 'DESCENDING' } };
    const saved = await gateway.graphql(save, { variables: { input } });
    expect(saved.data!['saveAppQuery']!['query']).toEqual({
      id: 'q1',
      name: 'Mine',
      filter,
      sort: 'SCORE',
      descending: true,
    });
    const viewer = await gateway.graphql(save, { variables: { input }, token: await gateway.tokenOf(['viewer']) });
    expect(viewer.errors![0]!.extensions['code']).toBe('FORBIDDEN');
    const renamed = await gateway.graphql(
      'mutation { renameAppQuery(input: { id: "x", name: "y" }) { __typename ... on NotFound { code path } } }',
    );
    expect(renamed.data!['renameAppQuery']).toEqual({
      __typename: 'NotFound',
      code: 'catalog.saved-query-not-found',
      path: ['input', 'id'],
    });
  });
});
