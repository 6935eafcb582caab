import { afterAll, afterEach, expect, it } from '@jest/globals';
import { create, fromBinary, toBinary, type DescMessage } from '@bufbuild/protobuf';
import { Admin, Producer, stringSerializers } from '@platformatic/kafka';
import { ParkingStore } from '#event-log';
import { DomainError } from '#kernel';
import { eventually, requires } from '#testkit';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, effectHandler } from './conformance/effects.js';
import { readAll, upTo } from './conformance/reading.js';
import {
  AgedAppended,
  CountedAppended,
  SingleAppended,
  SizedAppended,
  asCounted,
  counted,
} from './conformance/test-events.js';
import type { Member } from './conformance/world.js';
import { makeKafkaWorld, stopTheKafka, theKafka, type KafkaWorld } from './kafka-world-maker.js';
import { LogLines } from './log-lines.js';

const GROUP = 'faults';

requires({ kafka: true })('the event log on Kafka', () => {
  let world: KafkaWorld;
  afterEach(() => world.close());
  afterAll(stopTheKafka);

  it('has every effect exactly once when a relay died before it remembered what it had sent', async () => {
    world = await makeKafkaWorld();
    const consumer = await world.open({ service: 'consumer' });
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    const producer = await world.open({ service: 'producer' });
    await producer.database.query('CREATE TABLE sent (LIKE event_record)');
    await producer.database.query(
      `CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO sent VALUES (OLD.*); RETURN OLD; END'`,
    );
    await producer.database.query(
      'CREATE TRIGGER keep BEFORE DELETE ON event_record FOR EACH ROW EXECUTE FUNCTION keep()',
    );
    await append(producer, upTo(40));
    await producer.settled();
    const written = await rawCount(world, 'counted');

    // What it had sent is back in the outbox: the next relay finds it in the log and sends nothing.
    await forget(producer, 'position = 0, log_offset = 0');
    await endRelays(producer);
    await append(producer, upTo(20, 41));
    await producer.settled();
    expect(await rawCount(world, 'counted')).toBe(written + 20);

    // As if it had not been there yet when the next relay looked: now all of it is sent a second time.
    await forget(producer, 'position = 0, log_offset = 1000000');
    await endRelays(producer);
    await append(producer, upTo(20, 61));
    await producer.settled();
    expect(await rawCount(world, 'counted')).toBeGreaterThan(written + 60);

    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(80));
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
    expect(await readAll(consumer, ['counted'])).toHaveLength(80);
    const results = (await readAll(consumer, ['result'])).length;
    const exact = { distinct: 80, effects: 80, total: 80, results: 80, misordered: 0 };
    expect(await accountOf(consumer.database, results)).toEqual(exact);
  });

  it('has one process of each service ship, and another one when that has lost its connection', async () => {
    world = await makeKafkaWorld();
    const members = await Promise.all(upTo(2).map(() => world.open({ service: 'producer' })));
    for (let round = 0; round < 3; round++) {
      for (const member of members) await append(member, upTo(10, round * 10 + 1));
      await members[0]!.settled();
      await eventually(async () => expect(await lockedRelays(members[0]!)).toBe(2));
      await endRelays(members[round % 2]!);
    }
    await members[0]!.settled();
    expect(await readAll(members[0]!, ['counted'])).toHaveLength(60);
    expect(await rawCount(world, 'counted')).toBe(60);
  });

  it('goes on, exactly once and parking nothing, when the broker is killed and comes back', async () => {
    world = await makeKafkaWorld();
    const kafka = await theKafka();
    if (kafka.pid === undefined) return;
    const producer = await world.open({ service: 'producer' });
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    const live = new Set<string>();
    consumer.log.follow({
      topics: ['counted'],
      from: 'earliest',
      onRecord: ({ partition, offset }) => void live.add(`${partition}/${offset}`),
    });
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await append(producer, upTo(20));
    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(20));

    for (let round = 1; round <= 2; round++) {
      await kafka.kill();
      // What changes state goes on without the broker: it waits in the outbox.
      await append(producer, upTo(20, round * 20 + 1));
      await expect(producer.log.publish(SingleAppended, counted('a', round), { tenantId: 't1' })).rejects.toMatchObject(
        {
          code: 'event-log.unavailable',
          kind: 'unavailable',
        },
      );
      await eventually(async () => {
        const { ready, checks } = await producer.health.readiness();
        expect(ready).toBe(false);
        expect(checks['event-log:producer']?.reason).toMatch(/nothing|topics/);
      });
      await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(false));
      await sleep(500);
      await kafka.restart();
      const distinct = 20 + round * 20;
      await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(distinct), {
        timeoutMs: 30_000,
      });
    }
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true), { timeoutMs: 10_000 });
    await eventually(async () => expect((await producer.health.readiness()).ready).toBe(true), { timeoutMs: 10_000 });
    await eventually(() => expect(live.size).toBe(60), { timeoutMs: 10_000 });
    const results = (await readAll(consumer, ['result'])).length;
    const exact = { distinct: 60, effects: 60, total: 60, results: 60, misordered: 0 };
    expect(await accountOf(consumer.database, results)).toEqual(exact);
    expect(await new ParkingStore(consumer.database).list(GROUP, 10)).toEqual([]);
  });

  it('parks, with its coordinates, what somebody else has written into a topic', async () => {
    world = await makeKafkaWorld();
    const producer = await world.open({ service: 'producer' });
    const consumer = await world.open({ service: 'consumer' });
    const { brokers, prefix } = world.connection;
    const stranger = new Producer({
      clientId: 'stranger',
      bootstrapBrokers: brokers.split(','),
      serializers: stringSerializers,
    });
    await stranger.send({
      acks: -1,
      messages: [{ topic: `${prefix}counted`, partition: 2, key: 'k', value: 'not one of ours' }],
    });
    await stranger.close();
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await append(producer, upTo(20));
    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(20));
    await eventually(async () => {
      const parked = await new ParkingStore(consumer.database).list(GROUP, 10);
      expect(parked.map(({ record }) => [record.topic, record.partition, record.offset, record.key])).toEqual([
        ['counted', 2, 0n, 'k'],
      ]);
    });
  });

  it('is not ready, and says which topic it waits for, while a topic is missing', async () => {
    world = await makeKafkaWorld();
    const { brokers, prefix } = world.connection;
    const producer = await world.open({ service: 'producer' });
    await append(producer, [1]);
    await producer.settled();
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(',') });
    await admin.deleteTopics({ topics: [`${prefix}counted`] });
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await eventually(async () => {
      const { ready, checks } = await consumer.health.readiness();
      expect(ready).toBe(false);
      expect(checks[`event-log:consumer:${GROUP}`]?.reason).toContain(`${prefix}counted`);
    });
    await admin.close();
    const again = await world.open({ service: 'producer' });
    await append(again, upTo(10, 2));
    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(10), {
      timeoutMs: 20_000,
    });
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
  });

  it('warns before retention takes what a group has not applied', async () => {
    world = await makeKafkaWorld();
    const { brokers, prefix } = world.connection;
    const log = new LogLines();
    try {
      const consumer = await world.open({ service: 'consumer', settings: { maintenanceMs: 200 } });
      const producer = await world.open({ service: 'producer' });
      await producer.log.publish(AgedAppended, counted('a', 1), { tenantId: 't1' });
      const stranger = new Producer<string, Buffer, string, string>({
        clientId: 'stranger',
        bootstrapBrokers: brokers.split(','),
        serializers: { ...stringSerializers, value: (value) => value },
      });
      const old = BigInt(Date.now() - 40 * 60_000);
      const send = (topic: string, schema: DescMessage, timestamp?: bigint) =>
        stranger.send({
          acks: -1,
          messages: upTo(2, 0).map((partition) => ({
            topic: prefix + topic,
            partition: topic === 'sized' ? 0 : partition,
            key: 't1/a',
            value: Buffer.from(toBinary(schema, create(schema, { source: 'a', filler: randomBytes(80_000) }))),
            headers: new Map([
              ['ce_type', `${topic}.appended.v1`],
              ['ce_tenantid', 't1'],
              ['ce_id', '01890000-0000-7000-8000-000000000000'],
            ]),
            ...(timestamp === undefined ? {} : { timestamp }),
          })),
        });
      await send('aged', AgedAppended, old);
      await send('sized', SizedAppended);
      await stranger.close();
      const unavailable = async (): Promise<void> => {
        throw new DomainError('unavailable', 'other.unavailable', 'not now');
      };
      const handlers = [AgedAppended, SizedAppended].map((schema) => ({ schema, one: unavailable }));
      consumer.log.consume({ group: GROUP, handlers });
      await eventually(() => {
        expect(log.matching(/^warn Group "faults" has not applied 50 % .*"aged"/)).toHaveLength(1);
        expect(log.matching(/^warn Group "faults" has not applied 80 % .*"sized"/)).toHaveLength(1);
      });
    } finally {
      log.end();
    }
  });

  it('applies nothing of a topic that was deleted and made anew while it ran, and says so', async () => {
    world = await makeKafkaWorld();
    const { brokers, prefix } = world.connection;
    const log = new LogLines();
    const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(',') });
    try {
      const producer = await world.open({ service: 'producer' });
      const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
      const consumption = consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
      const followed: bigint[] = [];
      consumer.log.follow({
        topics: ['counted'],
        from: 'earliest',
        onRecord: ({ payload }) => void followed.push(asCounted(fromBinary(CountedAppended, payload)).number),
      });
      await append(producer, upTo(10));
      await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(10));
      await eventually(() => expect(followed).toHaveLength(10));

      await admin.deleteTopics({ topics: [`${prefix}counted`] });
      const waiting = append(producer, upTo(5, 11));
      await eventually(async () => {
        const checks = { ...(await producer.health.readiness()).checks, ...(await consumer.health.readiness()).checks };
        expect(checks['event-log:producer']).toMatchObject({ ready: false });
        expect(checks['event-log:producer']?.reason).toContain(`${prefix}counted`);
        expect(checks[`event-log:consumer:${GROUP}`]?.reason).toContain(`${prefix}counted`);
      });
      await waiting;
      await eventually(() =>
        expect(log.matching(new RegExp(`error .*${prefix}counted.*(deleted|made anew)`))).not.toHaveLength(0),
      );

      // More than there were: a position from before would be in the midst of it.
      const again = await world.open({ service: 'producer' });
      await append(again, upTo(60, 16));
      await eventually(() => expect([...followed].sort((a, b) => Number(a - b))).toEqual(upTo(75).map(BigInt)), {
        timeoutMs: 20_000,
      });
      await eventually(async () =>
        expect((await consumer.health.readiness()).checks[`event-log:consumer:${GROUP}`]?.reason).toContain(
          'made anew',
        ),
      );
      expect((await accountOf(consumer.database, 0)).distinct).toBe(10);
      await consumption.stop();
      const next = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
      next.log.consume({ group: GROUP, handlers: [effectHandler('b')] });
      await eventually(async () =>
        expect((await next.health.readiness()).checks[`event-log:consumer:${GROUP}`]?.reason).toContain('made anew'),
      );
      expect(log.matching(/error .*cannot go on.*made anew/).length).toBeGreaterThanOrEqual(2);

      // What docs/operations.md tells an operator to do.
      await consumer.database.query(`DELETE FROM event_position WHERE topic = 'counted'`);
      await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(75));
      expect((await accountOf(consumer.database, 0)).effects).toBe(75);
      await eventually(async () => expect((await next.health.readiness()).ready).toBe(true));
    } finally {
      log.end();
      await admin.close();
    }
  });
});

async function append({ database }: Member, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    await database.transaction(async (tx) =>
      tx.append(CountedAppended, counted(`s${number % 7}`, number), { tenantId: 't1' }),
    );
  }
}

/** Puts what was shipped back into the outbox. */
async function forget({ database }: Member, state: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('INSERT INTO event_record SELECT DISTINCT ON (topic, partition, "offset") * FROM sent');
    await tx.query(`UPDATE event_relay SET ${state}`);
  });
}

/** Whichever process ships loses its connection, and with it the lock: another relay, or the same, begins anew. */
async function endRelays({ database }: Member): Promise<void> {
  await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'gnomon-event-log-relay'`,
  );
}

/** How many connections hold the lock of a relay; there are two services. */
async function lockedRelays({ database }: Member): Promise<number> {
  const rows = await database.query(
    `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
     WHERE datname = current_database() AND application_name = 'gnomon-event-log-relay' AND locktype = 'advisory' AND granted`,
  );
  return rows.length;
}

/** How many records the broker holds, repeated ones included. */
async function rawCount({ connection }: KafkaWorld, topic: string): Promise<number> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: connection.brokers.split(',') });
  const name = connection.prefix + topic;
  const partitions = upTo(4, 0).map((partitionIndex) => ({ partitionIndex, timestamp: -1n }));
  const [listed] = await admin.listOffsets({ topics: [{ name, partitions }] });
  await admin.close();
  return listed!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
}
