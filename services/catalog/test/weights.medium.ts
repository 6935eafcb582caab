import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppChangeCause, AppChangeKind, FactorGroup, RescoreState } from '#contracts';
import { CatalogWorld, customApp, fileOf, tenant, type Announced } from './catalog-world.js';
import { shipped, shippedText } from './shipped.js';

const file = (version: string, more: Record<string, object> = {}) =>
  fileOf(
    version,
    ...Object.entries({
      good: { mfa: ['true', 'list'] },
      bad: { mfa: ['false', 'list'], soc2: ['true', 'list'] },
      ...more,
    }).map(([id, facts]) => ({ id, name: id.toUpperCase(), category: 'CRM', rules: [`${id}.com`], facts })),
  );
/** Compliance alone counts: `good` becomes unscored, `bad` goes from 5 to 10. */
const complianceOnly = {
  groups: [FactorGroup.GENERAL, FactorGroup.SECURITY, FactorGroup.LEGAL, FactorGroup.AI].map((group) => ({
    group,
    importance: 0,
  })),
};

describe('weights of a tenant', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(file('1'));
    world.events();
  });
  afterEach(() => world.close());

  const scores = async (context = t1) =>
    Object.fromEntries((await world.rpc.listApps({}, context)).apps.map(({ id, score }) => [id, score]));
  const told = (events: Announced[]) =>
    events.map(({ tenantId, event }) => [tenantId, event.appId, event.previousScore, event.app?.score, event.removed]);
  const applied = async (draft: object, context = t1) => {
    const job = await world.weights.applyRiskWeights(draft, context);
    await world.weightsService.run(context.tenantId, job.version.toString());
    return job;
  };

  it('are the definitions until they are changed, and say what differs', async () => {
    const before = await world.weights.getRiskWeights({}, t1);
    expect(before).toMatchObject({ version: 0n, setBy: '' });
    expect(before.groups).toHaveLength(5);
    expect(before.factors.every((factor) => factor.importance === factor.defaultImportance)).toBe(true);
    expect(before.factors.some(({ factorId }) => factorId === 'headquarters')).toBe(false);
    await applied({ factors: [{ factorId: 'mfa', importance: 1, notApplicableAsZero: true }] });
    const after = await world.weights.getRiskWeights({}, t1);
    expect(after).toMatchObject({ version: 1n, setBy: 'test' });
    expect(after.factors.filter((factor) => factor.importance !== factor.defaultImportance)).toMatchObject([
      { factorId: 'mfa', importance: 1, notApplicableAsZero: true, defaultNotApplicableAsZero: false },
    ]);
    expect((await world.weights.getRiskWeights({}, t2)).version).toBe(0n);
  });

  it('show what they would do, and do just that', async () => {
    const before = await scores();
    const preview = await world.weights.previewRiskWeights(complianceOnly, t1);
    expect(preview).toMatchObject({
      apps: 2,
      moved: 2,
      up: 1,
      down: 0,
      crossed: 2,
      becomeUnscored: 1,
      becomeScored: 0,
    });
    expect(preview.histogram[9]).toMatchObject({ from: 9, before: 1, after: 1 });
    expect(preview).toMatchObject({ unscoredBefore: 0, unscoredAfter: 1 });
    expect(preview.biggestMoves.map(({ appId, before: was, after }) => [appId, was, after])).toEqual([
      ['bad', before['bad'], 10],
      ['good', before['good'], undefined],
    ]);
    expect([world.events(), await scores()]).toEqual([[], before]);

    await applied(complianceOnly);
    expect(await scores()).toEqual({ good: undefined, bad: 10 });
    expect(await scores(t2)).toEqual(before);
    expect(told(world.events())).toEqual([
      ['t1', 'bad', before['bad'], 10, false],
      ['t1', 'good', before['good'], undefined, false],
    ]);
    const [bad] = (await world.rpc.getApps({ ids: ['bad'] }, t1)).apps;
    expect(bad).toMatchObject({ scoredByOwnWeights: true, catalogScore: before['bad'], tenantId: '' });
    expect((await world.rpc.listApps({ minScore: 9 }, t1)).apps.map(({ id }) => id)).toEqual(['bad']);
    const explanation = await world.rpc.explainScore({ appId: 'bad' }, t1);
    expect(explanation.score).toBe(10);
    expect(explanation.factors.reduce((sum, part) => sum + part.contribution, 0)).toBeCloseTo(10, 9);
    expect(explanation.groups.find(({ group }) => group === FactorGroup.SECURITY)?.weight).toBe(0);
    expect((await world.rpc.explainScore({ appId: 'bad' }, t2)).score).toBe(before['bad']);
  });

  it('go back to the defaults, and nothing of them stays', async () => {
    const before = await scores();
    await applied(complianceOnly);
    world.events();
    const job = await world.weights.resetRiskWeights({}, t1);
    await world.weightsService.run('t1', job.version.toString());
    expect(await scores()).toEqual(before);
    expect(told(world.events())).toEqual([
      ['t1', 'bad', 10, 10, true],
      ['t1', 'good', undefined, undefined, true],
    ]);
    expect(await world.database.query('SELECT * FROM tenant_score')).toEqual([]);
  });

  it('are outranked by a score that was set by hand', async () => {
    await world.rpc.overrideScore({ appId: 'bad', score: 3, reason: 'audit' }, t1);
    const preview = await world.weights.previewRiskWeights(complianceOnly, t1);
    expect(preview).toMatchObject({ overridden: 1, moved: 1 });
    world.events();
    await applied(complianceOnly);
    expect(await scores()).toEqual({ good: undefined, bad: 3 });
    expect(world.events().map(({ event }) => event.appId)).toEqual(['good']);
    expect(await world.rpc.overrideScore({ appId: 'bad' }, t1)).toMatchObject({ score: 10, scoredByOwnWeights: true });
    expect(told(world.events())).toEqual([['t1', 'bad', 3, 10, false]]);
  });

  it('hold for what a new catalog file brings and changes, in the same step', async () => {
    await applied(complianceOnly);
    world.events();
    const soc2 = { soc2: ['false', 'list'] };
    await world
      .loader()
      .load(file('2', { good: { mfa: ['true', 'list'], ...soc2 }, fresh: { mfa: ['true', 'list'], ...soc2 } }));
    expect(await scores()).toEqual({ good: 0, bad: 10, fresh: 0 });
    const own = world.events().filter(({ tenantId }) => tenantId === 't1');
    expect(told(own)).toEqual([
      ['t1', 'good', undefined, 0, false],
      ['t1', 'fresh', undefined, 0, false],
    ]);
    expect(own[0]?.event.changes).toEqual([AppChangeKind.FACTORS, AppChangeKind.SCORE]);
    // The file may have come with new factors, so all is scored again; nothing is announced where nothing moves.
    expect(await world.weights.getRescoreJob({}, t1)).toMatchObject({ state: RescoreState.WAITING, appsTotal: 3 });
    await world.handlers.goOnRescoring();
    expect(await world.weights.getRescoreJob({}, t1)).toMatchObject({ state: RescoreState.DONE, moved: 0 });
    expect(world.events()).toEqual([]);
    await world.loader().load(fileOf('3', { id: 'other', name: 'O', category: 'CRM', rules: ['other.com'] }));
    const gone = world.events().filter(({ tenantId, event }) => tenantId === 't1' && event.removed);
    expect(gone.map(({ event }) => event.appId).sort()).toEqual(['bad', 'fresh', 'good']);
  });

  it('hold for apps that the tenant adds', async () => {
    await applied(complianceOnly);
    world.events();
    const app = await world.rpc.createCustomApp(customApp(), t1);
    expect(app.score).toBeUndefined();
    await world.rpc.deleteCustomApp({ appId: app.id }, t1);
    expect(world.events()).toHaveLength(2);
    const rows = await world.database.query('SELECT app_id FROM tenant_score ORDER BY app_id');
    expect(rows).toEqual([{ app_id: 'bad' }, { app_id: 'good' }]);
  });

  it('are applied in line, once for the same weights, and only from the version one has seen', async () => {
    const job = await world.weights.applyRiskWeights({ ...complianceOnly, version: 0n }, t1);
    expect(job).toMatchObject({
      version: 1n,
      state: RescoreState.WAITING,
      progress: 0,
      appsTotal: 2,
      requestedBy: 'test',
    });
    expect(world.jobs.waiting).toMatchObject([{ name: 'rescore-catalog', data: { tenantId: 't1', version: '1' } }]);
    expect(await world.weights.applyRiskWeights(complianceOnly, t1)).toMatchObject({ version: 1n });
    await expect(world.weights.applyRiskWeights({ version: 0n }, t1)).rejects.toMatchObject({
      code: 'catalog.weights-changed',
      kind: 'conflict',
    });
    await expect(world.weights.getRescoreJob({}, t2)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(
      world.weights.applyRiskWeights({ factors: [{ factorId: 'mfa', importance: 3 }] }, t1),
    ).rejects.toMatchObject({ kind: 'invalid', details: { field: 'factors.0.importance' } });
    await expect(world.weights.previewRiskWeights({ movers: 101 }, t1)).rejects.toMatchObject({
      details: { field: 'movers' },
    });
  });
});

describe('scoring the whole catalog', () => {
  let world: CatalogWorld;
  const t1 = tenant('t1');
  const draft = {
    groups: [{ group: FactorGroup.COMPLIANCE, importance: 8 }],
    factors: [{ factorId: 'mfa', importance: 0 }],
  };
  const other = { groups: [{ group: FactorGroup.LEGAL, importance: 8 }] };
  beforeEach(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(shippedText);
    world.events();
  });
  afterEach(() => world.close());

  const all = () =>
    world.database.query(`SELECT app_id, score, confidence, weights_version FROM tenant_score ORDER BY app_id`);
  /** Lets so many transactions commit and cuts the next one off, as a crash would. */
  const crashAfter = (commits: number) => {
    let left = commits;
    let crashed = false;
    world.database.onBeforeCommit(async () => {
      if (crashed || left-- > 0) return Promise.resolve();
      crashed = true;
      throw new Error('power cut');
    });
  };

  it.each([0, 1, 2, 3, 4])('goes on after a crash at step %s, and announces each app once', async (steps) => {
    const job = await world.weights.applyRiskWeights(draft, t1);
    crashAfter(steps);
    await expect(world.weightsService.run('t1', job.version.toString())).rejects.toThrow('power cut');
    const halfway = await world.weights.getRescoreJob({}, t1);
    expect(halfway.appsDone).toBe(Math.min(steps * 500, shipped.apps.length));
    expect(halfway.progress).toBeLessThan(1);
    world.clock.advance(120_000);
    await world.handlers.goOnRescoring();
    const done = await world.weights.getRescoreJob({}, t1);
    expect(done).toMatchObject({ state: RescoreState.DONE, progress: 1, appsDone: shipped.apps.length });
    const announced = world.events();
    expect(new Set(announced.map(({ event }) => event.appId)).size).toBe(announced.length);
    const different = await world.database.query<{ app_id: string }>(
      `SELECT a.app_id FROM app a JOIN tenant_score s USING (app_id) WHERE a.score IS DISTINCT FROM s.score ORDER BY 1`,
    );
    expect(announced.map(({ event }) => event.appId).sort()).toEqual(different.map(({ app_id }) => app_id).sort());
    expect(done.moved).toBe(announced.length);
    expect(announced.length).toBeGreaterThan(100);
  });

  it('explains every score by the weights it came from, also halfway', async () => {
    const job = await world.weights.applyRiskWeights(draft, t1);
    crashAfter(1);
    await expect(world.weightsService.run('t1', job.version.toString())).rejects.toThrow();
    for (const { id } of shipped.apps.filter((_, at) => at % 40 === 0)) {
      const [app] = (await world.rpc.getApps({ ids: [id] }, t1)).apps;
      const explanation = await world.rpc.explainScore({ appId: id }, t1);
      expect([id, explanation.score, explanation.confidence]).toEqual([id, app?.score, app?.confidence]);
      const sum = explanation.factors.reduce((total, part) => total + part.contribution, 0);
      expect(Math.abs(sum - (explanation.score ?? 0))).toBeLessThan(1e-9);
    }
  });

  it('is superseded by other weights, which end as if there had been no others', async () => {
    const first = await world.weights.applyRiskWeights(draft, t1);
    crashAfter(2);
    await expect(world.weightsService.run('t1', first.version.toString())).rejects.toThrow();
    const second = await world.weights.applyRiskWeights(other, t1);
    await Promise.all(
      [1, 2, 3].map((at) => world.weightsService.run('t1', (at === 1 ? first : second).version.toString())),
    );
    expect(await world.weights.getRescoreJob({ version: 1n }, t1)).toMatchObject({ state: RescoreState.SUPERSEDED });
    expect(await world.weights.getRescoreJob({}, t1)).toMatchObject({ state: RescoreState.DONE, version: 2n });
    const { tenantId } = tenant('t2');
    await world.weights.applyRiskWeights(other, tenant(tenantId));
    await world.weightsService.run(tenantId, '1');
    const rows = await world.database.query<{ score: number | null; confidence: number }>(
      `SELECT DISTINCT app_id, score, confidence FROM tenant_score ORDER BY app_id`,
    );
    expect(rows).toHaveLength(shipped.apps.length);
  });

  it('ends the same beside a catalog file that is being loaded', async () => {
    const job = await world.weights.applyRiskWeights(draft, t1);
    const header = JSON.parse(shippedText.slice(0, shippedText.indexOf('\n'))) as object;
    const lines = shippedText
      .split('\n')
      .slice(1)
      .filter((_, at) => at % 10 !== 0);
    const cut = lines.map((line, at) => (at % 3 === 0 ? line.replace('"true"', '"false"') : line));
    const next = [JSON.stringify({ ...header, version: '9999-01-01.001' }), ...cut].join('\n');
    await Promise.all([
      world.weightsService.run('t1', job.version.toString()),
      world.loader().load(next),
      world.weightsService.run('t1', job.version.toString()),
    ]);
    const before = await all();
    world.events();
    // Done anew, nothing may come out otherwise, and nothing is left to tell.
    await world.handlers.goOnRescoring();
    expect(await all()).toEqual(before);
    expect(world.events()).toEqual([]);
    const [odd] = await world.database.query<{ count: number }>(
      `SELECT count(*)::int FROM app a FULL JOIN tenant_score s USING (app_id) WHERE a.app_id IS NULL OR s.app_id IS NULL`,
    );
    expect(odd?.count).toBe(0);
  });

  it('agrees with a preview of the same weights', async () => {
    const preview = await world.weights.previewRiskWeights({ ...draft, movers: 5 }, t1);
    const job = await world.weights.applyRiskWeights(draft, t1);
    await world.weightsService.run('t1', job.version.toString());
    const done = await world.weights.getRescoreJob({}, t1);
    expect([preview.moved, preview.apps]).toEqual([done.moved, done.appsDone]);
    expect(preview.biggestMoves).toHaveLength(5);
    expect(preview.histogram.reduce((sum, { after }) => sum + after, preview.unscoredAfter)).toBe(preview.apps);
    expect(await world.weights.previewRiskWeights(draft, t1)).toMatchObject({ moved: 0, biggestMoves: [] });
    expect(await all()).toHaveLength(shipped.apps.length);
    expect(world.events().every(({ event }) => event.cause === AppChangeCause.WEIGHTS)).toBe(true);
  });
});
