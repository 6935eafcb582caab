import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppChangeKind, MatchRuleKind } from '#contracts';
import { CatalogWorld, customApp, fileOf, tenant } from './catalog-world.js';

const chat = {
  id: 'chat',
  name: 'Chat',
  category: 'GENERATIVE_AI',
  aiKind: 'ASSISTANT',
  rules: ['chat.com'],
  facts: { mfa: ['true', 'list'] },
};

describe('what a tenant changes', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open({ GNOMON_CATALOG_MAX_CUSTOM_APPS: '3' });
    await world.loader().load(fileOf('1', chat));
    world.events();
  });
  afterEach(() => world.close());

  it('adds an app that only it sees, and is announced for it alone', async () => {
    const domains = ['Payroll.example.org', '*.payroll.example.org', 'payroll-helper.com.'];
    const app = await world.rpc.createCustomApp(customApp({ domains, score: 4 }), t1);
    expect(app).toMatchObject({ id: 'custom-payroll-helper', tenantId: 't1', score: 4, generativeAi: false });
    expect(app.rules.map(({ kind, value }) => [kind, value])).toEqual([
      [MatchRuleKind.HOST, 'payroll.example.org'],
      [MatchRuleKind.SUFFIX, 'payroll.example.org'],
      [MatchRuleKind.DOMAIN, 'payroll-helper.com'],
    ]);
    const [created, ...others] = world.events();
    expect(others).toEqual([]);
    expect(created).toMatchObject({ tenantId: 't1', event: { appId: app.id, changes: [AppChangeKind.CREATED] } });

    const seen = async (context: typeof t1) => [
      (await world.rpc.getApps({ ids: [app.id] }, context)).apps.length,
      (await world.rpc.listApps({ search: 'payroll' }, context)).page?.totalCount,
      (await world.rpc.matchHosts({ hosts: ['a.payroll.example.org'] }, context)).matches[0]?.appId !== '',
    ];
    expect(await seen(t1)).toEqual([1, 1, true]);
    expect(await seen(t2)).toEqual([0, 0, false]);
    await expect(world.rpc.explainScore({ appId: app.id }, t2)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world.rpc.deleteCustomApp({ appId: app.id }, t2)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world.rpc.overrideScore({ appId: app.id, score: 1, reason: 'x' }, t2)).rejects.toMatchObject({
      kind: 'not-found',
    });
    expect((await world.rpc.createCustomApp(customApp(), t2)).id).toBe('custom-payroll-helper');
  });

  it('refuses an app whose rule another app has, naming the field and the app', async () => {
    const taken = { kind: 'conflict', code: 'catalog.rule-taken' };
    await expect(world.rpc.createCustomApp(customApp({ domains: ['a.org', 'CHAT.com'] }), t1)).rejects.toMatchObject({
      ...taken,
      details: { field: 'domains.1', appId: 'chat' },
    });
    await world.rpc.createCustomApp(customApp(), t1);
    await expect(world.rpc.createCustomApp(customApp(), t1)).rejects.toMatchObject(taken);
    const beside = await world.rpc.createCustomApp(customApp({ domains: ['eu.chat.com'] }), t1);
    expect(beside.id).toBe('custom-payroll-helper-2');
    const { matches } = await world.rpc.matchHosts({ hosts: ['eu.chat.com', 'us.chat.com'] }, t1);
    expect(matches.map(({ appId }) => appId)).toEqual([beside.id, 'chat']);
  });

  const wrong: [field: string, more: object][] = [
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\0b' }],
    ['category', { category: 0 }],
    ['category', { category: 99 }],
    ['aiKind', { aiKind: 99 }],
    ['description', { description: 'x'.repeat(2001) }],
    ['domains', { domains: [] }],
    ['domains', { domains: Array<string>(101).fill('a.org') }],
    ['domains.1', { domains: ['a.org', 'co.uk'] }],
    ['domains.0', { domains: ['localhost'] }],
    ['domains.0', { domains: ['process:cmd'] }],
    ['domains.0', { domains: ['https://a.org/'] }],
    ['score', { score: 10.1 }],
    ['score', { score: NaN }],
  ];
  it.each(wrong)('refuses a wrong %s', async (field, more) => {
    await expect(world.rpc.createCustomApp(customApp(more), t1)).rejects.toMatchObject({
      kind: 'invalid',
      details: { field },
    });
    expect(world.events()).toEqual([]);
  });

  it('keeps to the number of apps a tenant may have, also when they come at once', async () => {
    const requests = Array.from({ length: 6 }, (_, at) => customApp({ domains: [`app-${at}.org`] }));
    const results = await Promise.allSettled(requests.map((request) => world.rpc.createCustomApp(request, t1)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const { apps } = await world.rpc.listApps({ search: 'payroll' }, t1);
    expect(new Set(apps.map((app) => app.id)).size).toBe(3);
  });

  it('deletes an app it added, and no other', async () => {
    const { id } = await world.rpc.createCustomApp(customApp({ score: 2 }), t1);
    world.events();
    await world.rpc.deleteCustomApp({ appId: id }, t1);
    expect(world.events()).toMatchObject([{ tenantId: 't1', event: { appId: id, removed: true, previousScore: 2 } }]);
    await expect(world.rpc.deleteCustomApp({ appId: id }, t1)).rejects.toMatchObject({ code: 'catalog.app-not-found' });
    await expect(world.rpc.deleteCustomApp({ appId: 'chat' }, t1)).rejects.toMatchObject({
      code: 'catalog.not-a-custom-app',
      kind: 'not-found',
    });
    await expect(world.rpc.deleteCustomApp({ appId: 'chat' }, tenant(''))).rejects.toMatchObject({ kind: 'not-found' });
    expect((await world.rpc.createCustomApp(customApp(), t1)).score).toBeUndefined();
  });

  it('sets a score over the computed one, for itself, and clears it again', async () => {
    const score = async (context: typeof t1) => (await world.rpc.getApps({ ids: ['chat'] }, context)).apps[0];
    const before = await score(t1);
    const app = await world.rpc.overrideScore({ appId: 'chat', score: 0, reason: ' audit 7 ' }, t1);
    expect(app).toMatchObject({ score: 0, scoreOverrideReason: 'audit 7', tenantId: '' });
    expect(app.version > (before?.version ?? 0n)).toBe(true);
    expect(world.events()).toMatchObject([
      { tenantId: 't1', event: { appId: 'chat', previousScore: 10, changes: [AppChangeKind.SCORE], removed: false } },
    ]);
    expect([(await score(t1))?.score, (await score(t2))?.score]).toEqual([0, 10]);
    expect((await world.rpc.listApps({ maxScore: 1 }, t1)).apps.map(({ id }) => id)).toEqual(['chat']);
    expect(await world.rpc.explainScore({ appId: 'chat' }, t1)).toMatchObject({
      score: 0,
      computedScore: 10,
      overrideReason: 'audit 7',
    });

    expect(await world.rpc.overrideScore({ appId: 'chat' }, t1)).toMatchObject({ score: 10, scoreOverrideReason: '' });
    expect(world.events()).toMatchObject([
      { tenantId: 't1', event: { appId: 'chat', previousScore: 0, removed: true } },
    ]);
    await world.rpc.overrideScore({ appId: 'chat' }, t1);
    expect(world.events()).toEqual([]);
  });

  it('asks for a reason and a score that is one', async () => {
    const set = (more: object) => world.rpc.overrideScore({ appId: 'chat', ...more }, t1);
    await expect(set({ score: 5 })).rejects.toMatchObject({
      code: 'catalog.reason-invalid',
      details: { field: 'reason' },
    });
    await expect(set({ score: -1, reason: 'x' })).rejects.toMatchObject({ code: 'catalog.score-invalid' });
    await expect(set({ score: 5, reason: 'x'.repeat(501) })).rejects.toMatchObject({ code: 'catalog.reason-invalid' });
    await expect(set({ appId: 'nothing', score: 5, reason: 'x' })).rejects.toMatchObject({ kind: 'not-found' });
  });
});
