import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { withCorrelationId, provideSetting } from '#kernel';
import type { Jobs } from '#jobs';
import { eventually, type TestApp } from '#testkit';
import {
  BlocklistModule,
  Export,
  GatewayModule,
  Service,
  Slow,
  TICK_MS,
  Trace,
  forget,
  seen,
} from './test-services.js';

/** Processes that share one place where jobs wait. */
export interface JobsWorld {
  boot(module: Type): Promise<TestApp>;
  /** Loses everything that waits, runs or is scheduled. */
  empty(): Promise<void>;
}

/** What jobs promise, wherever they wait. */
export function jobsConformance(
  backend: string,
  suite: (name: string, tests: () => void) => void,
  makeWorld: () => Promise<JobsWorld>,
): void {
  suite(`jobs on ${backend}`, () => {
    let world: JobsWorld;
    let apps: TestApp[];
    let jobs: Jobs;

    const boot = async (module: Type = BlocklistModule): Promise<TestApp> => {
      const app = await world.boot(module);
      apps.push(app);
      return app;
    };

    beforeEach(async () => {
      provideSetting('JOBS_CONCURRENCY', '2');
      provideSetting('JOBS_UPKEEP_MS', '300');
      forget();
      apps = [];
      world = await makeWorld();
      jobs = (await boot()).get(Service).jobs;
    });
    afterEach(async () => {
      await Promise.all(apps.map((app) => app.close()));
    });

    it('are done', async () => {
      await jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
      await eventually(() => expect(seen.done).toEqual(['t1 at attempt 1']));
      await eventually(async () => expect(await jobs.counts()).toMatchObject({ waiting: 0, active: 0, failed: 0 }));
    });

    it('are done once for each key that waits, and again when asked for later', async () => {
      const key = 'list:t1/a b';
      await Promise.all([1, 2, 3].map(() => jobs.enqueue(Export, { tenantId: 't1' }, { key, delayMs: 100 })));
      await eventually(() => expect(seen.done).toHaveLength(1));
      await eventually(async () => {
        await jobs.enqueue(Export, { tenantId: 't2' }, { key });
        await eventually(() => expect(seen.done).toContain('t2 at attempt 1'), { timeoutMs: 300 });
      });
      expect(seen.done.filter((name) => name.startsWith('t1'))).toHaveLength(1);
    });

    it('wait for as long as they are told', async () => {
      const began = performance.now();
      await jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1', delayMs: 700 });
      await jobs.enqueue(Export, { tenantId: 't2' }, { key: 't2', delayMs: 3_600_000 });
      await eventually(() => expect(seen.done).toEqual(['t1 at attempt 1']));
      expect(performance.now() - began).toBeGreaterThanOrEqual(699);
      // The schedules of this world wait for a moment too, now and then.
      await eventually(async () => expect(await jobs.counts()).toMatchObject({ waiting: 0 }));
    });

    it('are tried again after a failure, and kept when they have failed too often', async () => {
      seen.failures = 2;
      await jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
      await eventually(() => expect(seen.done).toEqual(['t1 at attempt 3, the last']));
      seen.failures = 3;
      await jobs.enqueue(Export, { tenantId: 't2' }, { key: 't2' });
      await eventually(async () => expect(await jobs.counts()).toMatchObject({ failed: 1 }));
      expect(seen.done).toHaveLength(1);
    });

    it('run side by side, up to the limit', async () => {
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
      await eventually(() => expect(seen.done).toHaveLength(5));
      expect(seen.mostRunning).toBe(2);
    });

    it('carry the correlation id of what asked for them', async () => {
      await withCorrelationId('asked-for-by-me', () => jobs.enqueue(Trace, {}, { key: 'a' }));
      await eventually(() => expect(seen.correlations).toEqual(['asked-for-by-me']));
    });

    it('run on a schedule, once each time however many processes there are', async () => {
      await boot();
      await boot();
      const [began, before] = [performance.now(), seen.ticks];
      await eventually(() => expect(seen.ticks - before).toBeGreaterThanOrEqual(8));
      const elapsed = performance.now() - began;
      expect(seen.ticks - before).toBeLessThanOrEqual(elapsed / TICK_MS + 2);
      expect(seen.done).not.toContain('leap day');
    });

    it('that run when the process stops are finished, and those that wait are done by the next one', async () => {
      await Promise.all(['a', 'b', 'c'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
      await eventually(() => expect(seen.running).toBe(2));
      await apps.pop()!.close();
      expect(seen.done).toHaveLength(2);
      await boot();
      await eventually(() => expect([...seen.done].sort()).toEqual(['a', 'b', 'c']));
    });

    it('that do not finish in time are left behind by a process that stops', async () => {
      provideSetting('JOBS_DRAIN_MS', '200');
      const hurried = await boot();
      provideSetting('JOBS_DRAIN_MS', '');
      seen.slowMs = 4_000;
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
      await eventually(() => expect(seen.running).toBe(4));
      await hurried.close();
      expect(seen.done).toEqual([]);
      apps = apps.filter((app) => app !== hurried);
      // So that they do not end in the middle of another test.
      await eventually(() => expect(seen.running).toBe(0), { timeoutMs: 20_000 });
    });

    it('of one service are not seen by another', async () => {
      const other = await boot(GatewayModule);
      await other.get(Service).jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
      await jobs.enqueue(Export, { tenantId: 't2' }, { key: 't2' });
      await eventually(() => expect(seen.done).toEqual(['t2 at attempt 1']));
      expect(await other.get(Service).jobs.counts()).toMatchObject({ waiting: 1 });
    });

    it('go on when everything that waits, runs and is scheduled is lost', async () => {
      seen.slowMs = 1_500;
      await Promise.all(['a', 'b'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
      await eventually(() => expect(seen.running).toBe(2));
      await jobs.enqueue(Slow, { name: 'c' }, { key: 'c' });
      await jobs.enqueue(Export, { tenantId: 'later' }, { key: 'later', delayMs: 60_000 });
      await world.empty();
      seen.slowMs = 100;
      expect(await jobs.counts()).toMatchObject({ delayed: 0, failed: 0 });
      await eventually(() => expect([...seen.done].sort()).toEqual(['a', 'b']));
      const before = seen.ticks;
      await eventually(() => expect(seen.ticks).toBeGreaterThan(before + 3));
      // As its service would do, from its own tables.
      await Promise.all(['b', 'c'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
      await eventually(() => expect([...seen.done].sort()).toEqual(['a', 'b', 'b', 'c']));
      await eventually(async () => expect(await jobs.counts()).toMatchObject({ waiting: 0, active: 0, failed: 0 }));
    });
  });
}
