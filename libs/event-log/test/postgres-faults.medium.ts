import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#testkit';
import { ParkingStore } from '#event-log';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { accountOf, effectHandler } from './conformance/effects.js';
import { readAll, upTo } from './conformance/reading.js';
import { CountedAppended, SingleAppended, counted } from './conformance/test-events.js';
import type { Member } from './conformance/world.js';
import { makePostgresWorld, type PostgresWorld } from './postgres-world-maker.js';
import { migrateMember } from './postgres-world.js';

jest.setTimeout(60_000);

describe('the event log on Postgres', () => {
  let world: PostgresWorld;
  afterEach(() => world.close());

  it('goes on, exactly once and parking nothing, when the server cuts every connection again and again', async () => {
    world = await makePostgresWorld();
    const producer = await world.open({ service: 'producer' });
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100, maxAttempts: 2 } });
    const live = new Set<string>();
    const follower = consumer.log.follow({
      topics: ['counted'],
      from: 'earliest',
      onRecord: ({ partition, offset }) => void live.add(`${partition}/${offset}`),
    });
    consumer.log.consume({ group: 'cut', handlers: [effectHandler('a')] });
    let produced = 0;
    for (let round = 0; round < 12; round++) {
      for (let chunk = 0; chunk < 5; chunk++) produced += await produceOrNothing(producer, produced);
      await cutConnections(world.url, 'gnomon-consumer', 'gnomon-event-log');
      await sleep(Math.random() * 100);
    }
    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(produced), {
      timeoutMs: 30_000,
    });
    await eventually(() => expect(live.size).toBe(produced));
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
    await follower.close();
    const results = (await readAll(consumer, ['result'])).length;
    expect(await accountOf(consumer.database, results)).toEqual({
      distinct: produced,
      effects: produced,
      total: produced,
      results: produced,
      misordered: 0,
    });
    expect(await new ParkingStore(consumer.database).list('cut', 10)).toEqual([]);
  });

  it('wakes a reader in another process at once, not at the next poll', async () => {
    world = await makePostgresWorld();
    const settings = { pollMs: 30_000 };
    const producer = await world.open({ service: 'producer', settings });
    const consumer = await world.open({ service: 'consumer', settings });
    const seen: bigint[] = [];
    const follower = consumer.log.follow({
      topics: ['single'],
      from: 'latest',
      onRecord: ({ offset }) => void seen.push(offset),
    });
    await follower.caughtUp;
    await consumer.log.consume({ group: 'woken', handlers: [effectHandler('a')] }).started;
    // The first call may come before the other process listens; those after it must not.
    await eventually(async () => {
      await producer.log.publish(SingleAppended, counted('a', 1), { tenantId: 't1' });
      await eventually(() => expect(seen.length).toBeGreaterThan(0), { timeoutMs: 100 });
    });
    const before = seen.length;
    const began = performance.now();
    await producer.log.publish(SingleAppended, counted('a', 2), { tenantId: 't1' });
    await producer.log.publish(CountedAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(() => expect(seen.length).toBeGreaterThan(before));
    await eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(1));
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('finds by polling what no wake-up call told of', async () => {
    world = await makePostgresWorld();
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    await consumer.log.consume({ group: 'polling', handlers: [effectHandler('a')] }).started;
    const producer = await world.open({ service: 'producer' });
    await cutConnections(world.url, 'gnomon-event-log');
    await producer.log.publish(CountedAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(1));
  });

  it('waits for a topic whose owner has not started for the first time', async () => {
    world = await makePostgresWorld(['consumer']);
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    const seen: bigint[] = [];
    const follower = consumer.log.follow({
      topics: ['counted'],
      from: 'earliest',
      onRecord: ({ offset }) => void seen.push(offset),
    });
    await follower.caughtUp;
    await consumer.log.consume({ group: 'early', handlers: [effectHandler('a')] }).started;
    expect((await consumer.health.readiness()).ready).toBe(true);
    const producer = await world.open({ service: 'producer' });
    await migrateMember(producer);
    await producer.log.publish(CountedAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(1));
    await eventually(() => expect(seen).toEqual([0n]));
  });

  it('is ready again after a commit whose answer was lost', async () => {
    world = await makePostgresWorld();
    const producer = await world.open({ service: 'producer' });
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    await consumer.log.consume({ group: 'answer', handlers: [effectHandler('a')] }).started;
    const { database } = consumer;
    const transaction = database.transaction.bind(database);
    jest.spyOn(database, 'transaction').mockImplementationOnce(async (work) => {
      await transaction(work);
      throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
    });
    await producer.log.publish(CountedAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(false));
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true), { timeoutMs: 5_000 });
    expect(await accountOf(database, 0)).toMatchObject({ effects: 1, total: 1 });
  });

  it('takes an appended event down with the transaction, and says nothing of it, if it cannot be written', async () => {
    world = await makePostgresWorld();
    const { database } = await world.open({ service: 'consumer' });
    const failed = database.transaction(async (tx) => {
      await tx.query(`INSERT INTO total (source, events) VALUES ('a', 1)`);
      tx.append(CountedAppended, counted('a', 1), { tenantId: 't1' });
    });
    await expect(failed).rejects.toThrow('Only "producer" appends to topic "counted", not "consumer".');
    expect(await accountOf(database, 0)).toMatchObject({ total: 0 });
  });
});

/** Three events in one transaction, which the fault may take down as a whole. @returns how many were written */
async function produceOrNothing({ database }: Member, produced: number): Promise<number> {
  return database.transaction(async (tx) => {
    for (const number of upTo(3, produced + 1)) {
      tx.append(CountedAppended, counted(`s${number % 5}`, number), { tenantId: 't1' });
    }
    return 3;
  });
}

async function cutConnections(url: string, ...applications: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY($1)',
    [applications],
  );
  await client.end();
}
