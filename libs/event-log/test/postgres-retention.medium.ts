import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ParkingStore, type EventRecord, type Handler } from '#event-log';
import { Metrics } from '#kernel';
import { eventually } from '#testkit';
import { readAll, upTo } from './conformance/reading.js';
import {
  AgedAppended,
  BYTES_LIMIT,
  SizedAppended,
  SingleAppended,
  asCounted,
  counted,
} from './conformance/test-events.js';
import type { Member } from './conformance/world.js';
import { makePostgresWorld, type PostgresWorld } from './postgres-world-maker.js';
import { openMember } from './postgres-world.js';

jest.setTimeout(60_000);

const TOMORROW = new Date(Date.now() + 24 * 3_600_000);

describe('what retention does about consumers on Postgres', () => {
  let world: PostgresWorld;
  let metrics: Metrics;
  const members: Member[] = [];
  const open = async (service: 'producer' | 'consumer', settings = {}): Promise<Member> => {
    const member = await openMember({
      service,
      connection: world.url,
      metrics,
      settings: { pollMs: 100, ...settings },
    });
    members.push(member);
    return member;
  };
  beforeEach(async () => {
    world = await makePostgresWorld();
    metrics = new Metrics();
  });
  afterEach(async () => {
    await Promise.all(members.splice(0).map((member) => member.close()));
    await world.close();
  });

  it('keeps what a group of the owner has not applied, however old, and then removes it', async () => {
    const owner = await open('producer');
    await publish(owner, AgedAppended, upTo(10));
    const applied: number[] = [];
    const gate = { open: false };
    owner.log.consume({ group: 'own', handlers: [recorder(AgedAppended, applied, gate)] });
    await eventually(async () => expect(await positions(owner)).toBeGreaterThan(0));
    await world.maintain(owner, TOMORROW);
    expect(await readAll(owner, ['aged'])).toHaveLength(10);

    gate.open = true;
    await eventually(() => expect([...applied].sort((a, b) => a - b)).toEqual(upTo(10)));
    await eventually(async () => {
      await world.maintain(owner, TOMORROW);
      expect(await readAll(owner, ['aged'])).toEqual([]);
    });
    expect(await value(metrics, 'gnomon_event_log_lost_total')).toBe(0);
  });

  it('refuses more for a topic that is full of what its owner has not applied, until it has', async () => {
    const owner = await open('producer');
    const other = await open('producer');
    const applied: number[] = [];
    const gate = { open: false };
    await owner.log.consume({ group: 'own', handlers: [recorder(SizedAppended, applied, gate)] }).started;
    await publish(owner, SizedAppended, upTo(30), 10_000);
    await world.maintain(owner, new Date());
    expect(await readAll(owner, ['sized'])).toHaveLength(30);
    const refusal = { kind: 'overloaded', code: 'event-log.consumers-behind', details: { retryAfterSeconds: 5 } };
    await expect(publish(owner, SizedAppended, [31])).rejects.toMatchObject(refusal);
    // The other processes find out by themselves.
    await eventually(() => expect(publish(other, SizedAppended, [31])).rejects.toMatchObject(refusal));
    await publish(owner, SingleAppended, [1]);

    gate.open = true;
    await eventually(() => expect(applied.length).toBeGreaterThanOrEqual(30));
    await eventually(() => publish(owner, SizedAppended, [99]));
    await world.maintain(owner, new Date());
    const kept = await readAll(owner, ['sized']);
    expect(kept.reduce((sum, record) => sum + record.payload.length, 0)).toBeLessThanOrEqual(BYTES_LIMIT);
  });

  it('is told by a group of another service that has lost records, once', async () => {
    const owner = await open('producer');
    const consumer = await open('consumer');
    const before: number[] = [];
    const first = consumer.log.consume({ group: 'foreign', handlers: [recorder(SizedAppended, before)] });
    await publish(owner, SizedAppended, upTo(3));
    await eventually(() => expect(before).toEqual(upTo(3)));
    await first.stop();
    await publish(owner, SizedAppended, upTo(60, 4), 10_000);
    await world.maintain(owner, new Date());
    const kept = (await readAll(owner, ['sized'])).length;
    const applied: number[] = [];
    consumer.log.consume({ group: 'foreign', handlers: [recorder(SizedAppended, applied)] });
    consumer.log.consume({ group: 'new', handlers: [recorder(SizedAppended, [])] });
    await eventually(() => expect(applied).toEqual(upTo(kept, 64 - kept)));
    expect(await value(metrics, 'gnomon_event_log_lost_total')).toBe(60 - kept);
  });

  it('keeps the newest parked records of each group, and counts what it drops', async () => {
    const owner = await open('producer', { parkedRecords: 3 });
    await publish(owner, SingleAppended, upTo(5));
    const records = await readAll(owner, ['single']);
    const parking = new ParkingStore(owner.database);
    const park = (group: string, record: EventRecord) =>
      owner.database.transaction((tx) => parking.park(tx, group, record, 'no', 1));
    for (const record of records) await park('many', record);
    await park('few', records[0]!);
    await world.maintain(owner, new Date());
    expect((await parking.list('many', 10)).map(({ record }) => record.offset)).toEqual([2n, 3n, 4n]);
    expect(await parking.list('few', 10)).toHaveLength(1);
    expect(await value(metrics, 'gnomon_event_log_parked_dropped_total')).toBe(2);
  });
});

async function publish(member: Member, schema: typeof SizedAppended, numbers: number[], filler = 0): Promise<void> {
  for (const number of numbers) await member.log.publish(schema, counted('a', number, filler), { tenantId: 't1' });
}

/** Notes what it applies. While its gate is shut, nothing can be applied. */
function recorder(schema: typeof SizedAppended, applied: number[], gate = { open: true }): Handler {
  return {
    schema,
    one: async (event, { tx }) => {
      if (!gate.open) throw Object.assign(new Error('not now'), { code: 'ECONNREFUSED' });
      tx.afterCommit(() => applied.push(Number(asCounted(event).number)));
    },
  };
}

async function positions({ database }: Member): Promise<number> {
  return (await database.query('SELECT 1 FROM event_position')).length;
}

async function value(metrics: Metrics, name: string): Promise<number> {
  const metric = metrics.registry.getSingleMetric(name);
  const { values } = await metric!.get();
  return values.reduce((sum, each) => sum + each.value, 0);
}
