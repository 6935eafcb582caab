import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppChangeCause, AppFeedKind, FactorGroup, MatchRuleKind } from '#contracts';
import { HistoryStore } from '../src/history.store.js';
import { CatalogWorld, customApp, fileOf, tenant } from './catalog-world.js';
import { shipped, shippedText } from './shipped.js';

const DAY_MS = 86_400_000;
const crm = { id: 'crm', name: 'CRM', category: 'CRM', rules: ['crm.com'], facts: { mfa: ['true', 'list'] } };
const worse = { ...crm, facts: { mfa: ['false', 'list'] } };

describe('what happened to an app', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(fileOf('1', crm));
    world.events();
  });
  afterEach(() => world.close());

  const history = async (appId = 'crm', context = t1) =>
    (await world.weights.listScoreHistory({ appId }, context)).entries.map((entry) => [
      entry.own,
      entry.before,
      entry.after,
      AppChangeCause[entry.cause],
      entry.causeDetail,
    ]);
  const feed = async (request: object = {}, context = t1) =>
    (await world.weights.listAppChanges(request, context)).changes;
  const kinds = async (request: object = {}, context = t1) =>
    (await feed(request, context)).map((change) => [change.appId, ...change.kinds.map((kind) => AppFeedKind[kind])]);

  it('is told once of an app that a tenant only labelled', async () => {
    const label = await world.admin.createLabel({ name: 'Ours' }, t1);
    await world.admin.labelApps({ labelId: label.id, appIds: ['crm'] }, t1);
    world.events();
    await world.loader().load(fileOf('2', worse));
    expect(world.events().map(({ tenantId, event }) => [tenantId, event.app?.score, event.kinds])).toEqual([
      ['', 0, [AppFeedKind.SCORE]],
      ['t1', 0, []],
    ]);
    expect(await history()).toEqual([[false, 10, 0, 'CATALOG_FILE', '2']]);
    expect(await kinds()).toEqual([['crm', 'SCORE']]);
    // A score of its own is told, and that it goes.
    await world.rpc.overrideScore({ appId: 'crm', score: 7, reason: 'audit' }, t1);
    await world.rpc.overrideScore({ appId: 'crm' }, t1);
    expect((await history()).slice(0, 2).map(([own, before, after]) => [own, before, after])).toEqual([
      [true, 7, 0],
      [true, 0, 7],
    ]);
    expect(await kinds()).toHaveLength(3);
  });

  it('does not begin with the first catalog file', async () => {
    expect([await history(), await feed()]).toEqual([[], []]);
    const [counted] = await world.database.query<{ rows: number }>(
      'SELECT (SELECT count(*) FROM score_history)::int + (SELECT count(*) FROM app_change)::int AS rows',
    );
    expect(counted?.rows).toBe(0);
  });

  it('is told with its cause: catalog file and factors, own weights, overrides', async () => {
    await world.loader().load(fileOf('2', worse));
    const [entry] = (await world.weights.listScoreHistory({ appId: 'crm' }, t1)).entries;
    expect(entry?.changedFactors).toMatchObject([{ factorId: 'mfa', before: 'true', after: 'false' }]);
    const draft = { groups: [{ group: FactorGroup.SECURITY, importance: 0 }] };
    await world.weights.applyRiskWeights(draft, t1);
    await world.weightsService.run('t1', '1');
    const expiresAt = timestampFromDate(new Date(world.clock.now().getTime() + 1_000));
    await world.rpc.overrideScore({ appId: 'crm', score: 7, reason: 'audit' }, t1);
    await world.rpc.overrideScore({ appId: 'crm' }, t1);
    await world.rpc.overrideScore({ appId: 'crm', score: 8, reason: 'trial', expiresAt }, t1);
    world.clock.advance(1_000);
    await world.handlers.expireScoreOverrides();
    expect(await history()).toEqual([
      [true, 8, undefined, 'OVERRIDE_EXPIRED', 'trial'],
      [true, undefined, 8, 'OVERRIDE_SET', 'trial'],
      [true, 7, undefined, 'OVERRIDE_REMOVED', 'audit'],
      [true, undefined, 7, 'OVERRIDE_SET', 'audit'],
      [true, 0, undefined, 'WEIGHTS', '1'],
      [false, 10, 0, 'CATALOG_FILE', '2'],
    ]);
    expect(await history('crm', t2)).toEqual([[false, 10, 0, 'CATALOG_FILE', '2']]);
    expect((await world.weights.listScoreHistory({ appId: 'crm', first: 2 }, t1)).entries).toHaveLength(2);
    await expect(world.weights.listScoreHistory({ appId: 'crm', first: 201 }, t1)).rejects.toMatchObject({
      details: { field: 'first' },
    });
  });

  it('is in the change feed with before and after, and in the event', async () => {
    const grown = {
      ...worse,
      name: 'CRM 2',
      category: 'SALES',
      aiKind: 'ASSISTANT',
      rules: ['crm.com', 'crm.ai'],
      facts: { mfa: ['false', 'list'], 'agent-actions': ['true', 'list'] },
    };
    await world.loader().load(fileOf('2', grown, { ...crm, id: 'fresh', rules: ['fresh.com'] }));
    const [fresh, change] = await feed();
    expect(fresh).toMatchObject({ appId: 'fresh', kinds: [AppFeedKind.ADDED], own: false, causeDetail: '2' });
    expect([fresh?.before, fresh?.after?.name]).toEqual([undefined, 'CRM']);
    expect(change?.kinds.map((kind) => AppFeedKind[kind])).toEqual([
      'RULES',
      'GENERATIVE_AI',
      'AI_CAPABILITY',
      'SCORE',
      'NAME',
      'CATEGORY',
    ]);
    expect(change).toMatchObject({
      before: { name: 'CRM', score: 10, generativeAi: false },
      after: { name: 'CRM 2', generativeAi: true },
      addedRules: [{ kind: MatchRuleKind.DOMAIN, value: 'crm.ai' }],
      cause: AppChangeCause.CATALOG_FILE,
    });
    expect(change?.changedFactors.map(({ factorId }) => factorId).sort()).toEqual(['agent-actions', 'mfa']);
    const event = world.events().find(({ event: each }) => each.appId === 'crm')?.event;
    expect(event).toMatchObject({ previous: { name: 'CRM', score: 10 }, addedRules: [{ value: 'crm.ai' }] });
    await world.loader().load(fileOf('3', grown));
    expect(await kinds({ kinds: [AppFeedKind.REMOVED] })).toEqual([['fresh', 'REMOVED']]);
    expect(await kinds({ kinds: [AppFeedKind.ADDED, AppFeedKind.NAME] })).toHaveLength(2);
  });

  it('stays between the tenant and itself, page by page, from a moment on', async () => {
    for (const score of [1, 2, 3]) {
      world.clock.advance(1_000);
      await world.rpc.overrideScore({ appId: 'crm', score, reason: 'x' }, t1);
    }
    const since = timestampFromDate(world.clock.now());
    const app = await world.rpc.createCustomApp(customApp(), t1);
    expect(await kinds()).toEqual([[app.id, 'ADDED'], ...Array<string[]>(3).fill(['crm', 'SCORE'])]);
    expect([await feed({}, t2), await feed({ since }, t1)]).toMatchObject([[], [{ own: true }, { own: true }]]);
    const first = await world.weights.listAppChanges({ page: { first: 3 } }, t1);
    expect(first.page).toMatchObject({ hasNextPage: true, totalCount: 4 });
    const rest = await world.weights.listAppChanges({ page: { first: 3, after: first.page?.cursors[2] } }, t1);
    expect([rest.changes.length, rest.page?.hasNextPage]).toEqual([1, false]);
    for (const after of ['x', Buffer.from('["changes","-1","a"]').toString('base64url')]) {
      await expect(world.weights.listAppChanges({ page: { first: 3, after } }, t1)).rejects.toMatchObject({
        details: { field: 'after' },
      });
    }
    await expect(world.weights.listAppChanges({ kinds: [99 as AppFeedKind] }, t1)).rejects.toMatchObject({
      details: { field: 'kinds' },
    });
    await world.rpc.deleteCustomApp({ appId: app.id }, t1);
    expect((await kinds())[0]).toEqual([app.id, 'REMOVED']);
    await world.rpc.createCustomApp(customApp({ score: 5 }), t1);
    expect(await history(app.id)).toEqual([[true, undefined, 5, 'CUSTOM_APP_CREATED', '']]);
  });

  it('does not tell of a score that stays between two whole numbers', async () => {
    for (const score of [5.1, 5.9]) await world.rpc.overrideScore({ appId: 'crm', score, reason: 'x' }, t1);
    expect(await feed({ kinds: [AppFeedKind.SCORE] })).toHaveLength(1);
    expect(await history()).toHaveLength(2);
  });

  it('is forgotten after a time, and beyond a number of entries', async () => {
    for (let at = 0; at < 205; at++) {
      await world.rpc.overrideScore({ appId: 'crm', score: (at % 2) * 2, reason: String(at) }, t1);
    }
    await world.handlers.removeOldHistory();
    const { entries } = await world.weights.listScoreHistory({ appId: 'crm', first: 200 }, t1);
    expect([entries.length, entries[0]?.causeDetail, entries.at(-1)?.causeDetail]).toEqual([200, '204', '5']);
    const rows = async (table: string) =>
      (await world.database.query<{ count: number }>(`SELECT count(*)::int FROM ${table}`))[0]?.count;
    expect(await rows('score_history')).toBe(200);
    world.clock.advance(181 * DAY_MS);
    await world.handlers.removeOldHistory();
    expect([await rows('app_change'), await rows('score_history')]).toEqual([0, 200]);
    world.clock.advance(2 * 365 * DAY_MS);
    await world.handlers.removeOldHistory();
    expect(await rows('score_history')).toBe(0);
  });

  it('keeps the newest changes of a feed that has too many', async () => {
    for (const score of [1, 2, 3, 4, 5]) await world.rpc.overrideScore({ appId: 'crm', score, reason: 'x' }, t1);
    const store = new HistoryStore();
    await world.rpc.overrideScore({ appId: 'crm', score: 1, reason: 'x' }, t2);
    await world.database.transaction(async (tx) => {
      expect(await store.crowdedFeeds(tx, 3)).toEqual(['t1']);
      expect(await store.removeSurplusChanges(tx, 't1', 3, 1)).toBe(1);
      expect(await store.removeSurplusChanges(tx, 't1', 3, 10)).toBe(1);
    });
    expect((await feed()).map(({ after }) => after?.score)).toEqual([5, 4, 3]);
    expect(await feed({}, t2)).toHaveLength(1);
  });

  it('tells of every app that a later file brings', async () => {
    await world.loader().load(shippedText);
    const { page } = await world.weights.listAppChanges({ kinds: [AppFeedKind.ADDED] }, t1);
    expect(page?.totalCount).toBe(shipped.apps.length);
  });
});

describe('a score that is set for a while', () => {
  let world: CatalogWorld;
  const t1 = tenant('t1');
  beforeEach(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(fileOf('1', crm, { ...crm, id: 'erp', rules: ['erp.com'] }));
    world.events();
  });
  afterEach(() => world.close());
  const inSeconds = (seconds: number) => timestampFromDate(new Date(world.clock.now().getTime() + seconds * 1_000));

  it('falls away when its time is up, with an event', async () => {
    const app = await world.rpc.overrideScore(
      { appId: 'crm', score: 2, reason: 'trial', expiresAt: inSeconds(60) },
      t1,
    );
    expect(app.scoreOverrideExpiresAt && timestampDate(app.scoreOverrideExpiresAt)).toEqual(
      new Date(world.clock.now().getTime() + 60_000),
    );
    world.events();
    await world.handlers.expireScoreOverrides();
    expect(world.events()).toEqual([]);
    world.clock.advance(60_000);
    await world.handlers.expireScoreOverrides();
    expect(world.events()).toMatchObject([
      {
        tenantId: 't1',
        event: {
          appId: 'crm',
          previousScore: 2,
          resultingScore: 10,
          removed: true,
          cause: AppChangeCause.OVERRIDE_EXPIRED,
        },
      },
    ]);
    expect((await world.rpc.getApps({ ids: ['crm'] }, t1)).apps[0]).toMatchObject({
      score: 10,
      scoreOverrideReason: '',
    });
    await world.handlers.expireScoreOverrides();
    expect(world.events()).toEqual([]);
  });

  it('stays where it is set anew without an end', async () => {
    await world.rpc.overrideScore({ appId: 'crm', score: 2, reason: 'trial', expiresAt: inSeconds(60) }, t1);
    await world.rpc.overrideScore({ appId: 'crm', score: 2, reason: 'for good' }, t1);
    world.events();
    world.clock.advance(120_000);
    await world.handlers.expireScoreOverrides();
    expect(world.events()).toEqual([]);
  });

  it('is in the list of what is set by hand, the next to go first', async () => {
    await world.rpc.overrideScore({ appId: 'crm', score: 2, reason: 'for good' }, t1);
    await world.rpc.overrideScore({ appId: 'erp', score: 3, reason: 'trial', expiresAt: inSeconds(60) }, t1);
    const first = await world.weights.listScoreOverrides({ page: { first: 1 } }, t1);
    expect(first.overrides).toMatchObject([{ appId: 'erp', score: 3, reason: 'trial', setBy: 'test' }]);
    const rest = await world.weights.listScoreOverrides({ page: { first: 1, after: first.page?.cursors[0] } }, t1);
    expect(rest.overrides.map(({ appId, expiresAt }) => [appId, expiresAt])).toEqual([['crm', undefined]]);
    expect(rest.page).toMatchObject({ hasNextPage: false, totalCount: 2 });
    expect((await world.weights.listScoreOverrides({}, tenant('t2'))).overrides).toEqual([]);
    await expect(world.weights.listScoreOverrides({ page: { first: 1, after: 'x' } }, t1)).rejects.toMatchObject({
      details: { field: 'after' },
    });
  });

  it('needs a moment in the future, and a score', async () => {
    const wrong = { kind: 'invalid', details: { field: 'expiresAt' } };
    const set = (more: object) => world.rpc.overrideScore({ appId: 'crm', reason: 'x', ...more }, t1);
    await expect(set({ score: 1, expiresAt: inSeconds(0) })).rejects.toMatchObject(wrong);
    await expect(set({ expiresAt: inSeconds(60) })).rejects.toMatchObject(wrong);
  });
});
