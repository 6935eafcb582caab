import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { provideSetting } from '#kernel';
import { DoesJob, Every, Jobs, JobsModule, defineJob, jobWorker, type JobContext } from '#jobs';
import { eventually, testApp, type TestApp } from '#testkit';

const Export = defineJob<{ tenantId: string }>('export', { attempts: 3, backoffMs: 20 });
const Slow = defineJob<{ name: string }>('slow');

let done: string[] = [];
let running = 0;
let mostRunning = 0;
let ticks = 0;
let failures = 0;

@Injectable()
class BlocklistHandlers {
  @DoesJob(Export)
  async export(data: { tenantId: string }, context: JobContext): Promise<void> {
    if (failures-- > 0) throw new Error('not yet');
    done.push(`${data.tenantId} at attempt ${context.attempt}${context.isLastAttempt ? ', the last' : ''}`);
  }

  @DoesJob(Slow)
  async slow(data: { name: string }): Promise<void> {
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await new Promise((resolve) => setTimeout(resolve, 150));
    running -= 1;
    done.push(data.name);
  }

  @Every('tick', { everyMs: 200 })
  async tick(): Promise<void> {
    ticks += 1;
  }
}

@Injectable()
class Service {
  constructor(readonly jobs: Jobs) {}
}

@Module({
  imports: [JobsModule.forService({ service: 'blocklist' })],
  providers: [Service, ...jobWorker(BlocklistHandlers)],
})
class BlocklistModule {}

@Module({ imports: [JobsModule.forService({ service: 'gateway' })], providers: [Service] })
class GatewayModule {}

describe('jobs', () => {
  let app: TestApp;
  let jobs: Jobs;

  beforeEach(async () => {
    provideSetting('JOBS_CONCURRENCY', '2');
    app = await testApp({ imports: [BlocklistModule] });
    jobs = app.get(Service).jobs;
    done = [];
    [running, mostRunning, ticks, failures] = [0, 0, 0, 0];
  });
  afterEach(() => app.close());

  it('are done', async () => {
    await jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
    await eventually(() => expect(done).toEqual(['t1 at attempt 1']));
    await eventually(async () => expect(await jobs.counts()).toMatchObject({ waiting: 0, active: 0, failed: 0 }));
  });

  it('are done once for each key that waits, and again when asked for later', async () => {
    const key = 'list:t1/a b';
    await Promise.all([1, 2, 3].map(() => jobs.enqueue(Export, { tenantId: 't1' }, { key, delayMs: 100 })));
    await eventually(() => expect(done).toHaveLength(1));
    await eventually(async () => {
      await jobs.enqueue(Export, { tenantId: 't2' }, { key });
      await eventually(() => expect(done).toContain('t2 at attempt 1'), { timeoutMs: 300 });
    });
    expect(done.filter((name) => name.startsWith('t1'))).toHaveLength(1);
  });

  it('are tried again after a failure, and kept when they have failed too often', async () => {
    failures = 2;
    await jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
    await eventually(() => expect(done).toEqual(['t1 at attempt 3, the last']));
    failures = 3;
    await jobs.enqueue(Export, { tenantId: 't2' }, { key: 't2' });
    await eventually(async () => expect(await jobs.counts()).toMatchObject({ failed: 1 }));
    expect(done).toHaveLength(1);
  });

  it('run side by side, up to the limit', async () => {
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
    await eventually(() => expect(done).toHaveLength(5));
    expect(mostRunning).toBe(2);
  });

  it('run on a schedule', async () => {
    await eventually(() => expect(ticks).toBeGreaterThanOrEqual(3));
  });

  it('that run when the process stops are finished, and those that wait are done by the next one', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
    await eventually(() => expect(running).toBe(2));
    await app.close();
    expect(done).toHaveLength(2);
    app = await testApp({ imports: [BlocklistModule], database: app.database });
    await eventually(() => expect([...done].sort()).toEqual(['a', 'b', 'c']));
  });

  it('of one service are not seen by another', async () => {
    const other = await testApp({ imports: [GatewayModule], database: app.database });
    await other.get(Service).jobs.enqueue(Export, { tenantId: 't1' }, { key: 't1' });
    await jobs.enqueue(Export, { tenantId: 't2' }, { key: 't2' });
    await eventually(() => expect(done).toEqual(['t2 at attempt 1']));
    expect(await other.get(Service).jobs.counts()).toMatchObject({ waiting: 1 });
    await other.close();
  });
});

describe('jobs on Redis', () => {
  it('are refused at the start where no Redis is named', async () => {
    provideSetting('JOBS_BACKEND', 'redis');
    try {
      await expect(testApp({ imports: [BlocklistModule] })).rejects.toMatchObject({
        code: 'settings.missing',
        details: { field: 'GNOMON_REDIS_URL' },
      });
    } finally {
      provideSetting('JOBS_BACKEND', 'postgres');
    }
  });
});
