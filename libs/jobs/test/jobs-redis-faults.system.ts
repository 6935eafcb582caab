import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { provideSetting } from '#kernel';
import { eventually, requires, startRedis, testApp, type TestApp, type TestRedis } from '#testkit';
import { Redis } from 'ioredis';
import { BlocklistModule, Export, Service, Slow, forget, seen } from './conformance/test-services.js';

jest.setTimeout(60_000);

requires({ redis: 'own' })('jobs on a Redis that is not always there', () => {
  let redis: TestRedis;
  let client: Redis;
  let app: TestApp | undefined;

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
    client.on('error', () => undefined);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  beforeEach(async () => {
    await redis.flush();
    forget();
    provideSetting('JOBS_BACKEND', 'redis');
    provideSetting('JOBS_UPKEEP_MS', '300');
    provideSetting('JOBS_DRAIN_MS', '1000');
    provideSetting('REDIS_URL', redis.url);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    for (const name of ['JOBS_BACKEND', 'JOBS_UPKEEP_MS', 'JOBS_DRAIN_MS', 'REDIS_URL']) provideSetting(name, '');
  });

  const boot = async (): Promise<TestApp> => (app = await testApp({ imports: [BlocklistModule] }));
  const enqueue = (name: string): Promise<void> =>
    app!.get(Service).jobs.enqueue(Export, { tenantId: name }, { key: name });
  const ticksOn = async (): Promise<void> => {
    const before = seen.ticks;
    await eventually(() => expect(seen.ticks).toBeGreaterThan(before + 2), { timeoutMs: 20_000 });
  };
  const readiness = async (): Promise<{ status: number; jobs: unknown }> => {
    const response = await fetch(`${app!.url}/readyz`);
    const { checks } = (await response.json()) as { checks: { jobs: unknown } };
    return { status: response.status, jobs: checks.jobs };
  };
  const AWAY = { status: 200, jobs: { ready: true, reason: 'Redis cannot be reached: jobs wait' } };
  const THERE = { status: 200, jobs: { ready: true } };

  it('leave no key without an expiry, and locks as short as they are', async () => {
    const { jobs } = (await boot()).get(Service);
    seen.slowMs = 3_000;
    seen.failures = 3;
    await enqueue('fails');
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
    await jobs.enqueue(Export, { tenantId: 'later' }, { key: 'later', delayMs: 600_000 });
    await eventually(() => expect(seen.running).toBe(4));
    await eventually(async () => {
      const expiries = await expiriesOf(client);
      expect(expiries.size).toBeGreaterThan(15);
      expect([...expiries.values()].filter((seconds) => seconds === -1)).toEqual([]);
    });
    for (const [key, seconds] of await expiriesOf(client)) {
      expect(key).toMatch(/^gnomon:/);
      if (key.endsWith(':lock')) expect(seconds).toBeLessThanOrEqual(30);
    }
    await client.expire('gnomon:jobs:blocklist:meta', 4_000);
    await eventually(async () => expect(await client.ttl('gnomon:jobs:blocklist:meta')).toBeGreaterThan(500_000));
    expect(await client.hget('gnomon:jobs:blocklist:meta', 'opts.maxLenEvents')).toBe('100');
  });

  it('wait for a Redis that is away when the process starts, and stops', async () => {
    await redis.kill();
    const began = performance.now();
    await boot();
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await readiness()).toEqual(AWAY);
    await expect(enqueue('t1')).rejects.toMatchObject({ code: 'jobs.unavailable' });
    await expect(app!.get(Service).jobs.counts()).rejects.toMatchObject({ code: 'jobs.unavailable' });
    await redis.restart();
    await eventually(async () => expect(await readiness()).toEqual(THERE));
    await enqueue('t1');
    await eventually(() => expect(seen.done).toContain('t1 at attempt 1'));
    await ticksOn();
    await redis.kill();
    await eventually(async () => expect(await readiness()).toEqual(AWAY));
    const stopped = performance.now();
    await app!.close();
    app = undefined;
    expect(performance.now() - stopped).toBeLessThan(8_000);
    await redis.restart();
  });

  it('go on after Redis was killed while they ran, and came back empty', async () => {
    const { jobs } = (await boot()).get(Service);
    seen.slowMs = 600;
    await Promise.all(['a', 'b'].map((name) => jobs.enqueue(Slow, { name }, { key: name })));
    await eventually(() => expect(seen.running).toBe(2));
    await redis.kill();
    await eventually(() => expect([...seen.done].sort()).toEqual(['a', 'b']));
    await redis.restart();
    await redis.flush();
    await ticksOn();
    await enqueue('t1');
    await eventually(() => expect(seen.done).toContain('t1 at attempt 1'));
  });

  it('fail to be enqueued in time while Redis is frozen, and go on when it has thawed', async () => {
    await boot();
    await enqueue('before');
    await eventually(() => expect(seen.done).toHaveLength(1));
    process.kill(redis.pid!, 'SIGSTOP');
    try {
      const began = performance.now();
      await expect(enqueue('frozen')).rejects.toMatchObject({ code: 'jobs.unavailable' });
      expect(performance.now() - began).toBeLessThan(10_000);
      await eventually(async () => expect(await readiness()).toEqual(AWAY), { timeoutMs: 30_000 });
    } finally {
      process.kill(redis.pid!, 'SIGCONT');
    }
    await eventually(async () => expect(await readiness()).toEqual(THERE), { timeoutMs: 30_000 });
    await ticksOn();
    await enqueue('after');
    await eventually(() => expect(seen.done).toContain('after at attempt 1'));
  });

  it('survive a Redis that is full', async () => {
    await boot();
    await ticksOn();
    await client.config('SET', 'maxmemory', '1');
    await expect(enqueue('full')).rejects.toMatchObject({ code: 'jobs.unavailable' });
    const calls = async (): Promise<number> =>
      Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))![1]);
    const before = await calls();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect((await calls()) - before).toBeLessThan(500);
    await client.config('SET', 'maxmemory', '0');
    await enqueue('after');
    await eventually(() => expect(seen.done).toEqual(['after at attempt 1']), { timeoutMs: 20_000 });
  });
});

async function expiriesOf(client: Redis): Promise<Map<string, number>> {
  const keys = await client.keys('*');
  const expiries = new Map<string, number>();
  // Some are gone by now: -2.
  for (const key of keys) expiries.set(key, await client.ttl(key));
  return expiries;
}
