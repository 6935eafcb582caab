import { describe, expect, it } from '@jest/globals';
import type { Tx } from '#database';
import { partitionOf } from '#event-log';
import { byPartition, countedOf, numbersBySource, readAll, upTo } from './reading.js';
import { CountedAppended, CountedMarked, SingleAppended, counted } from './test-events.js';
import type { Member } from './world.js';
import { withWorld, type Subject } from './subject.js';

const SOURCES = 12;
const EACH = 40;
const WRITERS = 16;

export function orderingTests(subject: Subject): void {
  describe('order', () => {
    it('keeps the order of each key, whatever else is written at the same time', () =>
      withWorld(subject, async (world) => {
        const members = [await world.open({ service: 'producer' }), await world.open({ service: 'producer' })];
        await Promise.all(upTo(SOURCES).map((source) => writeInOrder(members[source % 2]!, `source-${source}`)));

        const records = await readAll(members[0]!, ['counted']);
        const numbers = numbersBySource(records);
        expect(numbers.size).toBe(SOURCES);
        for (const read of numbers.values()) expect(read).toEqual(upTo(EACH));
        for (const record of records) expect(record.partition).toBe(partitionOf('t1', record.key, 4));
      }));

    it('keeps the events of one transaction together and in the order they were appended', () =>
      withWorld(subject, async (world) => {
        const { database, log, settled } = await world.open({ service: 'producer' });
        await database.transaction(async (tx) => {
          for (const number of upTo(3)) {
            tx.append(CountedAppended, counted('a', number), { tenantId: 't1' });
            tx.append(CountedMarked, counted('a', number), { tenantId: 't1' });
          }
        });
        await settled();
        const types: string[] = [];
        const follower = log.follow({
          topics: ['counted'],
          from: 'earliest',
          onRecord: ({ type }) => void types.push(type),
        });
        await follower.caughtUp;
        await follower.close();
        expect(types).toEqual(upTo(3).flatMap(() => ['counted.appended.v1', 'counted.marked.v1']));
      }));

    it('tells tenants with the same key apart', () =>
      withWorld(subject, async (world) => {
        const member = await world.open({ service: 'producer' });
        await member.database.transaction(async (tx) => {
          tx.append(CountedAppended, counted('a', 1), { tenantId: 't1' });
          tx.append(CountedAppended, counted('a', 2), { tenantId: '' });
        });
        const records = await readAll(member, ['counted']);
        const tenants = records.map((record) => `${record.tenantId}:${countedOf(record).number}`);
        expect(tenants.sort()).toEqual([':2', 't1:1']);
      }));
  });

  describe('offsets', () => {
    it('have no gaps and skip nobody under many concurrent writers, some of which roll back', () =>
      withWorld(subject, async (world) => {
        const members = [await world.open({ service: 'producer' }), await world.open({ service: 'producer' })];
        const reader = await world.open({ service: 'consumer' });
        const live: string[] = [];
        const follower = reader.log.follow({
          topics: ['counted', 'single'],
          from: 'earliest',
          onRecord: (record) => void live.push(`${record.topic}/${record.partition}/${record.offset}`),
        });
        for (const { database } of members) database.onBeforeCommit(failAfterTheLogIsWritten);
        const committed = (
          await Promise.all(upTo(WRITERS).map((writer) => writeAtRandom(members[writer % 2]!, writer)))
        ).flat();

        const records = await readAll(reader, ['counted', 'single']);
        const stored = records.map(
          (record) => `${countedOf(record).source}#${countedOf(record).number}@${record.topic}`,
        );
        expect(stored.sort()).toEqual(committed.sort());
        for (const lane of byPartition(records).values()) {
          expect(lane.map((record) => Number(record.offset))).toEqual(upTo(lane.length, 0));
        }
        await subject.eventually(() => expect(live).toHaveLength(records.length));
        await follower.close();
        const coordinates = records.map((record) => `${record.topic}/${record.partition}/${record.offset}`);
        expect([...live].sort()).toEqual(coordinates.sort());
      }));
  });
}

async function writeInOrder({ database, log }: Member, source: string): Promise<void> {
  for (const number of upTo(EACH)) {
    if (number % 5 === 0) await log.publish(CountedAppended, counted(source, number), { tenantId: 't1' });
    else
      await database.transaction(async (tx) => tx.append(CountedAppended, counted(source, number), { tenantId: 't1' }));
  }
}

const failing = new WeakSet<Tx>();

/** Runs behind the event log's own work: the offsets are taken by then. */
async function failAfterTheLogIsWritten(tx: Tx): Promise<void> {
  if (failing.has(tx)) throw new Error('rolled back after the log is written');
}

/** Transactions of one to five events to two topics; a third of them fail. @returns what was committed */
async function writeAtRandom({ database }: Member, writer: number): Promise<string[]> {
  const committed: string[] = [];
  let number = 0;
  for (let round = 0; round < 25; round++) {
    const written: string[] = [];
    const fails = Math.random() < 1 / 3;
    const transaction = database.transaction(async (tx) => {
      for (let left = 1 + Math.floor(Math.random() * 5); left > 0; left--) {
        number += 1;
        const source = `${writer}-${number % 7}`;
        const schema = Math.random() < 0.5 ? CountedAppended : SingleAppended;
        tx.append(schema, counted(source, number), { tenantId: 't1' });
        written.push(`${source}#${number}@${schema === CountedAppended ? 'counted' : 'single'}`);
      }
      if (fails && round % 2 === 0) throw new Error('rolled back before the log is written');
      if (fails) failing.add(tx);
    });
    await transaction.then(
      () => committed.push(...written),
      () => undefined,
    );
  }
  return committed;
}
