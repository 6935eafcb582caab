import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { EventLogModule, RedisWakeUps, Signals } from '#event-log';
import { DatabaseModule } from '#database';
import { Metrics, provideSetting } from '#kernel';
import { eventually, requires, startRedis, testApp, type TestRedis } from '#testkit';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, effectHandler } from './conformance/effects.js';
import { CountedAppended, SingleAppended, counted, testCatalog } from './conformance/test-events.js';
import { SERVICES, type Member } from './conformance/world.js';
import { makePostgresWorld, type PostgresWorld } from './postgres-world-maker.js';

jest.setTimeout(60_000);

/** So rare that what comes sooner has come by a wake-up call. */
const NEVER_MS = 600_000;

requires({ redis: 'own' })('wake-up calls over Redis', () => {
  let redis: TestRedis;
  let world: PostgresWorld;
  let producer: Member;
  let number: number;

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    number = 0;
    world = await makePostgresWorld(SERVICES, { url: redis.url, prefix: 'test' });
    producer = await world.open({ service: 'producer', settings: { pollMs: NEVER_MS } });
  });
  afterEach(() => world.close());

  const publish = (schema = SingleAppended): Promise<void> =>
    producer.log.publish(schema, counted('a', (number += 1)), { tenantId: 't1' });

  const followSeldom = async (): Promise<{ readonly count: number }> => {
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: NEVER_MS } });
    const seen = { count: 0 };
    const onRecord = (): void => void (seen.count += 1);
    await consumer.log.follow({ topics: ['single'], from: 'latest', onRecord }).caughtUp;
    return seen;
  };

  /** Until a wake-up call arrives: those before both processes are connected do not. */
  const untilWoken = (seen: { readonly count: number }): Promise<void> =>
    eventually(
      async () => {
        const before = seen.count;
        await publish();
        await eventually(() => expect(seen.count).toBeGreaterThan(before), { timeoutMs: 500 });
      },
      { timeoutMs: 30_000 },
    );

  it('wake a reader in another process at once', async () => {
    const seen = await followSeldom();
    await untilWoken(seen);
    await eventually(() => expect(seen.count).toBe(number));
    for (let round = 0; round < 20; round++) {
      await publish();
      await eventually(() => expect(seen.count).toBe(number));
    }
  });

  it('are missed for one interval of polling while Redis is gone, and come back with it', async () => {
    const seen = await followSeldom();
    await untilWoken(seen);
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 200 } });
    await consumer.log.consume({ group: 'polling', handlers: [effectHandler('a')] }).started;
    await redis.kill();
    for (let round = 0; round < 5; round++) {
      await publish(CountedAppended);
      await eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(round + 1));
    }
    await publish();
    await sleep(300);
    expect(seen.count).toBe(number - 6);
    await redis.restart();
    // What was missed is looked for as soon as there is a connection again.
    await eventually(() => expect(seen.count).toBe(number - 5));
    await untilWoken(seen);
  });

  it('hold nothing up while Redis is frozen, and come back when it has thawed', async () => {
    const seen = await followSeldom();
    await untilWoken(seen);
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 200 } });
    await consumer.log.consume({ group: 'polling', handlers: [effectHandler('a')] }).started;
    process.kill(redis.pid!, 'SIGSTOP');
    try {
      const began = performance.now();
      for (let round = 0; round < 50; round++) await publish(CountedAppended);
      expect(performance.now() - began).toBeLessThan(5_000);
      await eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(50));
      // Long enough for both connections to be given up.
      await sleep(8_000);
    } finally {
      process.kill(redis.pid!, 'SIGCONT');
    }
    await untilWoken(seen);
  });

  it('are only a hint: how far the log reaches is asked of the database', async () => {
    const wakeUps = new RedisWakeUps({ url: redis.url, prefix: 'test' }, new Metrics());
    const signals = new Signals(world.url, NEVER_MS, wakeUps);
    const heads: bigint[] = [];
    const stop = signals.watch({
      topics: [testCatalog.topic('single')],
      onHead: (_topic, _partition, head) => void heads.push(head.next),
    });
    const liar = new Redis(redis.url);
    try {
      await publish();
      await eventually(async () => {
        heads.length = 0;
        await liar.publish('test:wake-ups', 'single/0/999999,single/0/x,single/0/-5,nothing/0/1,,/,single,!release');
        await liar.publish('test:wake-ups', 'x'.repeat(100_000));
        await eventually(() => expect(heads).toContain(1n), { timeoutMs: 300 });
      });
      expect(new Set(heads)).toEqual(new Set([1n]));
    } finally {
      liar.disconnect();
      stop();
      await signals.close();
      wakeUps.close();
    }
  });

  it('leave no key in Redis', async () => {
    const client = new Redis(redis.url);
    expect(await client.keys('*')).toEqual([]);
    client.disconnect();
  });

  it('are refused at the start where no Redis is named', async () => {
    provideSetting('WAKE_UPS', 'redis');
    const imports = [
      DatabaseModule.forService({ schema: 'catalog', migrations: [] }),
      EventLogModule.forService({ service: 'catalog' }),
    ];
    await expect(testApp({ imports })).rejects.toMatchObject({
      code: 'settings.missing',
      details: { field: 'GNOMON_REDIS_URL' },
    });
    provideSetting('WAKE_UPS', '');
    // Nest does not wait for what it makes at the same time, here a connection to Postgres.
    await sleep(1_000);
  });
});
