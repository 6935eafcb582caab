import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AiKind, AppCategory, AppSortField } from '#contracts';
import { CatalogWorld, customApp, fileOf, tenant } from './catalog-world.js';

const list = (facts: Record<string, string>) =>
  Object.fromEntries(Object.entries(facts).map(([id, value]) => [id, [value, 'list']]));

const apps = [
  {
    id: 'chatgpt',
    name: 'ChatGPT',
    category: 'GENERATIVE_AI',
    aiKind: 'ASSISTANT',
    rules: ['chatgpt.com', 'chat.openai.com'],
    facts: list({ mfa: 'true', soc2: 'true', headquarters: 'US', founded: '2015' }),
  },
  {
    id: 'scribe',
    name: 'Scribe',
    category: 'GENERATIVE_AI',
    aiKind: 'WRITING',
    rules: ['scribe.example.com'],
    facts: list({ mfa: 'false', headquarters: 'DE', founded: '2019' }),
  },
  {
    id: 'ledger',
    name: 'Ledger',
    category: 'ACCOUNTING_AND_FINANCE',
    rules: ['ledger.org'],
    facts: list({ mfa: 'n/a', founded: '1999' }),
  },
  { id: 'mystery', name: 'Mystery', category: 'SALES', rules: ['mystery.org'], facts: {} },
];

const [t1, t2] = [tenant('t1'), tenant('t2')];

describe('searching the catalog', () => {
  let world: CatalogWorld;
  beforeAll(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(fileOf('1', ...apps));
    await world.rpc.overrideScore({ appId: 'mystery', score: 1, reason: 'seen at work' }, t2);
  });
  afterAll(() => world.close());

  const ids = async (filter: object, context = t1) =>
    (await world.rpc.listApps(filter, context)).apps.map(({ id }) => id);

  it.each([
    ['chat.openai.com', ['chatgpt']],
    ['foo.bar.ChatGPT.com.', ['chatgpt']],
    ['openai.com', []],
    ['example.com', []],
  ])('finds the app that claims the host %s', async (domain, expected) => {
    expect(await ids({ domain })).toEqual(expected);
  });

  it('finds a host by the search for names, too', async () => {
    expect(await ids({ search: 'deep.below.chatgpt.com' })).toEqual(['chatgpt']);
    expect(await ids({ search: 'EDGE' })).toEqual(['ledger']);
  });

  const factors: [what: string, filters: object[], expected: string[]][] = [
    ['a value', [{ factorId: 'mfa', values: ['true'] }], ['chatgpt']],
    ['any of some values', [{ factorId: 'headquarters', values: ['US', 'DE'] }], ['chatgpt', 'scribe']],
    ['a range', [{ factorId: 'founded', min: 2015, max: 2018 }], ['chatgpt']],
    ['a bound', [{ factorId: 'founded', max: 2015 }], ['chatgpt', 'ledger']],
    ['that something is known', [{ factorId: 'headquarters' }], ['chatgpt', 'scribe']],
    ['that nothing is known', [{ factorId: 'headquarters', known: false }], ['ledger', 'mystery']],
    ['two factors at once', [{ factorId: 'mfa' }, { factorId: 'founded', min: 2000 }], ['chatgpt', 'scribe']],
    ['what no app has', [{ factorId: 'soc2', values: ['false'] }], []],
  ];
  it.each(factors)('finds apps by %s', async (_what, filters, expected) => {
    expect(await ids({ factors: filters })).toEqual(expected);
  });

  it('finds apps by score and confidence, and those without a score, as the tenant sees them', async () => {
    expect(await ids({ unscored: true })).toEqual(['mystery']);
    expect(await ids({ unscored: true }, t2)).toEqual([]);
    expect(await ids({ unscored: false, maxScore: 1 }, t2)).toEqual(expect.arrayContaining(['mystery']));
    const all = (await world.rpc.listApps({ sort: AppSortField.NAME }, t1)).apps;
    const limit = all.find(({ id }) => id === 'scribe')!.confidence;
    const expected = all.filter(({ confidence }) => confidence >= limit).map(({ id }) => id);
    expect(expected.length).toBeGreaterThan(0);
    expect(await ids({ minConfidence: limit })).toEqual(expected);
    expect(await ids({ maxConfidence: 0 })).toEqual(all.filter((app) => app.confidence === 0).map(({ id }) => id));
  });

  const wrong: [field: string, filter: object][] = [
    ['factors.0.id', { factors: [{ factorId: 'no-such-factor' }] }],
    ['factors.0.id', { factors: [{ factorId: "mfa' OR true --" }] }],
    ['factors.1.min', { factors: [{ factorId: 'mfa' }, { factorId: 'mfa', min: 1 }] }],
    ['factors.0.min', { factors: [{ factorId: 'founded', min: NaN }] }],
    ['factors.0.known', { factors: [{ factorId: 'mfa', known: false, values: ['true'] }] }],
    ['factors', { factors: Array<object>(21).fill({ factorId: 'mfa' }) }],
    ['minConfidence', { minConfidence: 1.1 }],
    ['minConfidence', { minConfidence: 0.6, maxConfidence: 0.5 }],
    ['domain', { domain: 'x'.repeat(254) }],
  ];
  it.each(wrong)('refuses a wrong %s', async (field, filter) => {
    const refusal = { kind: 'invalid', details: { field } };
    await expect(world.rpc.listApps(filter, t1)).rejects.toMatchObject(refusal);
    await expect(world.search.countAppFacets({ filter }, t1)).rejects.toMatchObject(refusal);
    await expect(world.search.exportApps({ filter }, t1)).rejects.toMatchObject(refusal);
  });

  it('counts what the found apps have', async () => {
    const facets = await world.search.countAppFacets({ filter: {}, factorIds: ['mfa', 'soc2', 'gdpr'] }, t1);
    expect(facets.totalCount).toBe(4);
    expect(facets.categories.map(({ category, count }) => [category, count])).toEqual(
      expect.arrayContaining([
        [AppCategory.GENERATIVE_AI, 2],
        [AppCategory.SALES, 1],
      ]),
    );
    expect(facets.aiKinds).toContainEqual(expect.objectContaining({ aiKind: AiKind.WRITING, count: 1 }));
    expect(facets.countries.map(({ value, count }) => [value, count])).toEqual([
      ['', 2],
      ['DE', 1],
      ['US', 1],
    ]);
    expect(facets.scores.find(({ from }) => from === undefined)?.count).toBe(1);
    expect(facets.scores.reduce((sum, { count }) => sum + count, 0)).toBe(4);
    expect(facets.factors.map(({ factorId, known, unknown }) => [factorId, known, unknown])).toEqual([
      ['mfa', 3, 1],
      ['soc2', 1, 3],
      ['gdpr', 0, 4],
    ]);
  });

  it('counts by the scores that the tenant set, within the filter', async () => {
    const filter = { categories: [AppCategory.SALES] };
    const scoresOf = async (context: typeof t1) =>
      (await world.search.countAppFacets({ filter }, context)).scores.map(({ from, count }) => [from, count]);
    expect(await scoresOf(t1)).toEqual([[undefined, 1]]);
    expect(await scoresOf(t2)).toEqual([[1, 1]]);
  });

  it('refuses facets of unknown or too many factors', async () => {
    await expect(world.search.countAppFacets({ factorIds: ['mfa', 'nothing'] }, t1)).rejects.toMatchObject({
      kind: 'invalid',
      details: { field: 'factors.1' },
    });
    await expect(world.search.countAppFacets({ factorIds: Array<string>(51).fill('mfa') }, t1)).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});

describe('exporting the catalog', () => {
  let world: CatalogWorld;
  beforeAll(async () => {
    world = await CatalogWorld.open();
    const many = Array.from({ length: 450 }, (_, at) => ({
      id: `app-${at}`,
      name: `App ${at}`,
      category: at % 2 === 0 ? 'SALES' : 'SECURITY',
      rules: [`app-${at}.org`],
      facts: {},
    }));
    await world.loader().load(fileOf('1', ...many));
    await world.rpc.createCustomApp(customApp(), t2);
  });
  afterAll(() => world.close());

  it('hands out every app that a filter finds once, and no other tenant’s', async () => {
    const seen: string[] = [];
    const filter = { categories: [AppCategory.SALES, AppCategory.HUMAN_RESOURCE_MANAGEMENT] };
    for (let after = '', hasNext = true; hasNext; after = seen.at(-1)!) {
      const answer = await world.search.exportApps({ filter, afterId: after }, t1);
      expect(answer.factorIds.length > 0).toBe(after === '');
      seen.push(...answer.apps.map(({ id }) => id));
      hasNext = answer.hasNext;
    }
    const expected = Array.from({ length: 225 }, (_, at) => `app-${at * 2}`).sort();
    expect(seen).toEqual(expected);
    expect((await world.search.exportApps({ filter, afterId: 'cust' }, t2)).apps.map(({ id }) => id)).toEqual([
      'custom-payroll-helper',
    ]);
  });
});

describe('saved queries', () => {
  let world: CatalogWorld;
  beforeAll(async () => void (world = await CatalogWorld.open({ GNOMON_CATALOG_MAX_SAVED_QUERIES: '2' })));
  afterAll(() => world.close());
  afterEach(async () => {
    for (const context of [t1, t2]) {
      const { queries } = await world.search.listSavedAppQueries({}, context);
      for (const { id } of queries) await world.search.deleteSavedAppQuery({ id }, context);
    }
  });

  it('keeps a filter and sort as they were, without the page, for one tenant', async () => {
    const query = {
      search: 'chat',
      factors: [{ factorId: 'founded', min: 2000 }],
      unscored: false,
      sort: AppSortField.SCORE,
      descending: true,
    };
    const saved = await world.search.saveAppQuery(
      { name: ' Risky chat ', query: { ...query, page: { first: 3 } } },
      t1,
    );
    expect(saved).toMatchObject({ name: 'Risky chat', query: { search: 'chat', unscored: false, descending: true } });
    const { queries } = await world.search.listSavedAppQueries({}, t1);
    expect(queries).toEqual([saved]);
    expect(queries[0]?.query?.page).toBeUndefined();
    expect(queries[0]?.query?.factors[0]).toMatchObject({ factorId: 'founded', min: 2000 });
    expect((await world.search.listSavedAppQueries({}, t2)).queries).toEqual([]);
    const renamed = await world.search.renameSavedAppQuery({ id: saved.id, name: 'RISKY chat' }, t1);
    expect(renamed.name).toBe('RISKY chat');
    const unknown = { kind: 'not-found', code: 'catalog.saved-query-not-found' };
    await expect(world.search.renameSavedAppQuery({ id: saved.id, name: 'Mine' }, t2)).rejects.toMatchObject(unknown);
    await expect(world.search.deleteSavedAppQuery({ id: saved.id }, t2)).rejects.toMatchObject(unknown);
  });

  it('refuses a name that is taken or none, a wrong filter, and more than a tenant may keep', async () => {
    const save = (name: string, query: object = {}, context = t1) =>
      world.search.saveAppQuery({ name, query }, context);
    await save('One');
    await expect(save('ONE')).rejects.toMatchObject({ kind: 'conflict', details: { field: 'name' } });
    await expect(save(' ')).rejects.toMatchObject({ kind: 'invalid', details: { field: 'name' } });
    await expect(save('Two', { minScore: 11 })).rejects.toMatchObject({ details: { field: 'filter.minScore' } });
    const two = await save('Two');
    await expect(world.search.renameSavedAppQuery({ id: two.id, name: 'one' }, t1)).rejects.toMatchObject({
      kind: 'conflict',
    });
    await expect(save('Three')).rejects.toMatchObject({ kind: 'conflict', code: 'catalog.too-many-saved-queries' });
    await save('Three', {}, t2);
  });
});
