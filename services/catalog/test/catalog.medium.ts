import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AiKind, AppCategory, AppSortField, MatchRuleUse, type App } from '#contracts';
import { CatalogWorld, tenant } from './catalog-world.js';
import { hostList, sample, sampleText } from './shipped.js';

describe('asking the catalog', () => {
  let world: CatalogWorld;
  const t1 = tenant('t1');
  beforeAll(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(sampleText);
  });
  afterAll(() => world.close());

  const all = async (request: object): Promise<App[]> => {
    const apps: App[] = [];
    for (let after = ''; ;) {
      const answer = await world.rpc.listApps({ ...request, page: { first: 100, after } }, t1);
      apps.push(...answer.apps);
      expect(answer.page?.cursors).toHaveLength(answer.apps.length);
      if (!answer.page?.hasNextPage) {
        expect(answer.page?.totalCount).toBe(apps.length);
        return apps;
      }
      after = answer.page.cursors.at(-1) as string;
    }
  };

  it.each([AppSortField.UNSPECIFIED, AppSortField.NAME, AppSortField.SCORE, AppSortField.UPDATED_AT])(
    'lists every app once, page by page, in both directions of sort %s',
    async (sort) => {
      const [up, down] = [await all({ sort }), await all({ sort, descending: true })];
      const ids = sample.apps.map((app) => app.id).sort();
      expect(up.map((app) => app.id).sort()).toEqual(ids);
      expect(down.map((app) => app.id).sort()).toEqual(ids);
      if (sort !== AppSortField.SCORE) return;
      const scores = up.map((app) => app.score).filter((score) => score !== undefined);
      expect(scores).toEqual([...scores].sort((a, b) => a - b));
      expect([up.at(-1)?.score, down.at(-1)?.score]).toEqual([undefined, undefined]);
    },
  );

  it('filters by category, AI kind and score; an unscored app has none', async () => {
    const risky = await all({ generativeAi: true, minScore: 0, maxScore: 6 });
    expect(risky.length).toBeGreaterThan(50);
    expect(risky.every((app) => app.generativeAi && app.score !== undefined && app.score <= 6)).toBe(true);
    const coding = await all({ aiKinds: [AiKind.CODING], categories: [AppCategory.GENERATIVE_AI] });
    expect(coding.map((app) => app.id)).toContain('cursor');
    expect(coding.every((app) => app.aiKind === AiKind.CODING)).toBe(true);
  });

  it('finds apps by name and by any host', async () => {
    const found = async (search: string) =>
      (await world.rpc.listApps({ search, sort: AppSortField.NAME }, t1)).apps.map((app) => app.id);
    expect(await found('Perplex')).toContain('perplexity');
    expect(await found('persistent.oaistatic.com')).toEqual(['chatgpt']);
    expect(await found('contoso.openai.azure.com')).toEqual(['azure-ai-foundry']);
    expect(await found('oaistatic')).toEqual(['chatgpt']);
    expect(await found('100%_\\')).toEqual([]);
    expect(await found('nothing has this name')).toEqual([]);
  });

  it('tells the hosts that programs call from the others', async () => {
    const { apps } = await world.rpc.getApps({ ids: ['openai-platform'] }, t1);
    const uses = new Map(apps[0]?.rules.map(({ value, use }) => [value, use]));
    expect(uses.get('api.openai.com')).toBe(MatchRuleUse.API);
    expect(uses.get('platform.openai.com')).toBe(MatchRuleUse.UNSPECIFIED);
  });

  it('says what is wrong with a request', async () => {
    const refused = (request: object) => world.rpc.listApps(request, t1);
    await expect(refused({ minScore: 11 })).rejects.toMatchObject({ code: 'catalog.score-invalid', kind: 'invalid' });
    await expect(refused({ minScore: NaN })).rejects.toMatchObject({ code: 'catalog.score-invalid' });
    await expect(refused({ minScore: 5, maxScore: 4 })).rejects.toMatchObject({ details: { field: 'minScore' } });
    await expect(refused({ categories: [99] })).rejects.toMatchObject({ code: 'catalog.category-invalid' });
    await expect(refused({ aiKinds: [99] })).rejects.toMatchObject({ code: 'catalog.ai-kind-invalid' });
    await expect(refused({ sort: 9 })).rejects.toMatchObject({ code: 'catalog.sort-invalid' });
    await expect(refused({ search: '\0' })).rejects.toMatchObject({ code: 'catalog.search-invalid' });
    await expect(refused({ search: 'x'.repeat(300) })).rejects.toMatchObject({ code: 'catalog.search-invalid' });
    await expect(refused({ page: { first: 101 } })).rejects.toMatchObject({ code: 'catalog.page-invalid' });
    const { page } = await world.rpc.listApps({ page: { first: 1 } }, t1);
    const forged = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    for (const after of [
      'x',
      page?.cursors[0],
      forged(['score+', 'abc', 'x']),
      forged(['score+', '1', '\0']),
      forged([1]),
    ]) {
      await expect(refused({ sort: AppSortField.SCORE, page: { first: 1, after } })).rejects.toMatchObject({
        code: 'catalog.page-invalid',
        details: { field: 'after' },
      });
    }
    await expect(world.rpc.getApps({ ids: Array<string>(1001).fill('x') }, t1)).rejects.toMatchObject({
      code: 'catalog.too-many',
    });
  });

  it('answers apps by id in the order asked, and leaves out what there is not', async () => {
    const { apps } = await world.rpc.getApps({ ids: ['cursor', 'nothing', '\0', 'claude', 'cursor'] }, t1);
    expect(apps.map((app) => app.id)).toEqual(['cursor', 'claude', 'cursor']);
  });

  it('matches a thousand hosts in one call as the rules do in memory', async () => {
    const pairs = hostList('ai.txt')
      .slice(0, 600)
      .map((line) => line.split(' ') as [string, string]);
    const hosts = [...pairs.map(([host]) => host), ...hostList('not-ai.txt'), '', '\0', 'ü.com', 'x'.repeat(300)];
    const { matches } = await world.rpc.matchHosts({ hosts }, t1);
    expect(matches.map(({ host }) => host)).toEqual(hosts);
    expect(matches.slice(0, pairs.length).map(({ host, appId }) => [host, appId])).toEqual(pairs);
    expect(matches.slice(-4).every(({ appId }) => appId === '')).toBe(true);
  });

  it('explains a score whose parts add up to it', async () => {
    const explanation = await world.rpc.explainScore({ appId: 'chatgpt' }, t1);
    const [app] = (await world.rpc.getApps({ ids: ['chatgpt'] }, t1)).apps;
    expect(explanation.score).toBe(app?.score);
    const sum = explanation.factors.reduce((total, part) => total + part.contribution, 0);
    expect(sum).toBeCloseTo(explanation.score as number, 9);
    expect(explanation.groups).toHaveLength(5);
    const soc2 = explanation.factors.find(({ factorId }) => factorId === 'soc2');
    expect(soc2).toMatchObject({ value: 'true', points: 10, source: 'https://trust.openai.com/' });
    await expect(world.rpc.explainScore({ appId: 'nothing' }, t1)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world.rpc.explainScore({ appId: '\0' }, t1)).rejects.toMatchObject({ kind: 'not-found' });
  });
});
