import { describe, expect, it } from '@jest/globals';
import { decodeCursor, encodeCursor, type Cursor, type EventRecord } from '#event-log';
import { accountOf, effectHandler } from './effects.js';
import { byPartition, endOf, readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { CountedAppended, SingleAppended, counted, testCatalog } from './test-events.js';
import type { Member } from './world.js';

const TOPICS = ['counted', 'single'];

export function replayTests(subject: Subject): void {
  describe('replay', () => {
    it('answers the same records from any position', () =>
      withWorld(subject, async (world) => {
        const member = await world.open({ service: 'producer' });
        await write(member, 150);
        const all = await readAll(member, TOPICS);
        expect(all).toHaveLength(300);
        for (let round = 0; round < 20; round++) {
          const cursor = randomCursor(await endOf(member, TOPICS));
          const rest = await readAll(member, TOPICS, cursor);
          const expected = all.filter((record) => record.offset >= cursor[record.topic]![record.partition]!);
          expect(namesOf(rest)).toEqual(namesOf(expected));
        }
      }));

    it('gives a new group everything, and an old group only what is new', () =>
      withWorld(subject, async (world) => {
        const producer = await world.open({ service: 'producer' });
        await write(producer, 50);
        const consumer = await world.open({ service: 'consumer' });
        const first = consumer.log.consume({ group: 'first', handlers: [effectHandler('a')] });
        await subject.eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(50));
        await first.stop();
        const again = consumer.log.consume({ group: 'first', handlers: [effectHandler('a')] });
        const second = consumer.log.consume({ group: 'second', handlers: [effectHandler('b')] });
        await write(producer, 10, 51);
        await subject.eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(120));
        expect(await accountOf(consumer.database, 0)).toMatchObject({ distinct: 60, effects: 120, total: 120 });
        await Promise.all([again.stop(), second.stop()]);
      }));

    it('lets a group begin behind what is there', () =>
      withWorld(subject, async (world) => {
        const producer = await world.open({ service: 'producer' });
        await write(producer, 20);
        await producer.settled();
        const consumer = await world.open({ service: 'consumer' });
        await consumer.log.consume({ group: 'late', handlers: [effectHandler('a')], from: 'latest' }).started;
        await write(producer, 5, 21);
        await subject.eventually(async () => expect((await accountOf(consumer.database, 0)).effects).toBe(5));
        expect(await accountOf(consumer.database, 0)).toMatchObject({ distinct: 5, effects: 5 });
      }));
  });

  describe('a cursor', () => {
    it('resumes without loss and without repeating anything', () =>
      withWorld(subject, async (world) => {
        const producer = await world.open({ service: 'producer' });
        const reader = await world.open({ service: 'consumer' });
        const writing = write(producer, 300);
        const read: EventRecord[] = [];
        let text: string | undefined;
        for (let session = 0; session < 15; session++) {
          const from = text === undefined ? 'earliest' : decodeCursor(text, TOPICS, testCatalog);
          const wanted = read.length + 1 + Math.floor(Math.random() * 40);
          const follower = reader.log.follow({ topics: TOPICS, from, onRecord: (record) => void read.push(record) });
          if (session < 14) await subject.eventually(() => expect(read.length >= Math.min(wanted, 600)).toBe(true));
          else await writing.then(() => subject.eventually(() => expect(read).toHaveLength(600)));
          await follower.close();
          text = encodeCursor(follower.cursor());
        }
        expect(namesOf(read).sort()).toEqual(namesOf(await readAll(reader, TOPICS)).sort());
      }));

    it('is refused where it cannot be right', () =>
      withWorld(subject, async (world) => {
        const member = await world.open({ service: 'producer' });
        await write(member, 3);
        const cursor = await endOf(member, ['counted']);
        const ahead = { counted: cursor['counted']!.map((offset) => offset + 1n) };
        const follower = member.log.follow({ topics: ['counted'], from: ahead, onRecord: () => undefined });
        await expect(follower.caughtUp).rejects.toMatchObject({ code: 'event-log.cursor-invalid' });
      }));
  });
}

async function write({ database }: Member, count: number, first = 1): Promise<void> {
  for (const number of upTo(count, first)) {
    await database.transaction(async (tx) => {
      tx.append(CountedAppended, counted(`s${number % 9}`, number), { tenantId: 't1' });
      tx.append(SingleAppended, counted(`s${number % 9}`, number), { tenantId: 't1' });
    });
  }
}

function randomCursor(end: Cursor): Cursor {
  const topics = Object.entries(end).map(
    ([topic, offsets]) =>
      [topic, offsets.map((offset) => BigInt(Math.floor(Math.random() * (Number(offset) + 1))))] as const,
  );
  return Object.fromEntries(topics);
}

/** Coordinates and id, by partition: between partitions there is no order. */
function namesOf(records: readonly EventRecord[]): string[] {
  const name = (record: EventRecord): string => `${record.topic}/${record.partition}/${record.offset} ${record.id}`;
  return [...byPartition(records)].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, lane]) => lane.map(name));
}
