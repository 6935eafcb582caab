import { describe, expect, it } from '@jest/globals';
import { ParkingStore, type Handler } from '#event-log';
import { DomainError } from '#kernel';
import { readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { ResultAppended, SingleAppended, SingleRenamed, asCounted, counted, nextTestCatalog } from './test-events.js';
import type { Member, World } from './world.js';

const GROUP = 'careful';
const SETTINGS = { maxAttempts: 2, pollMs: 100 };
const BY = 'root@somewhere';

/** What an admin asks of parked records, from outside the consumer's process. */
export function parkedRequestTests(subject: Subject): void {
  describe('parked records', () => {
    it('are applied again when somebody asks for it, each once, and stay parked when they fail again', () =>
      withWorld(subject, async (world) => {
        const refused = new Set([2, 5]);
        const { consumer } = await openWith(world, refused);
        await subject.eventually(async () => expect(await numbers(consumer)).toEqual([1, 3, 4, 6]));
        const parking = new ParkingStore(consumer.database);
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toHaveLength(2));

        expect(await parking.request('replay', { group: 'another' }, BY)).toBe(0);
        expect(await parking.request('replay', { group: GROUP, topic: 'single', partition: 0, offset: 1n }, BY)).toBe(
          1,
        );
        await subject.eventually(async () => {
          const parked = await parking.list(GROUP, 10);
          expect(parked.map(({ record, attempts, error }) => [record.offset, attempts, error])).toEqual([
            [1n, 3, 'not 2'],
            [4n, 2, 'not 5'],
          ]);
          expect(parked[0]!.request).toBeUndefined();
        });
        expect(await numbers(consumer)).toEqual([1, 3, 4, 6]);

        refused.clear();
        expect(await parking.request('replay', { group: GROUP }, BY)).toBe(2);
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toEqual([]));
        expect(await numbers(consumer)).toEqual([1, 3, 4, 6, 2, 5]);
        // With all that a handler does: what it appends has been appended, too, and once.
        await consumer.settled();
        expect(await readAll(consumer, ['result'])).toHaveLength(6);
      }));

    it(
      'are applied by one of several members while others of their partition are coming in',
      () =>
        withWorld(subject, async (world) => {
          const refused = new Set(upTo(10));
          const { producer, consumer } = await openWith(world, refused, 10);
          const parking = new ParkingStore(consumer.database);
          await subject.eventually(async () => expect(await parking.list(GROUP, 100)).toHaveLength(10), {
            timeoutMs: 30_000,
          });
          const second = await world.open({ service: 'consumer', settings: SETTINGS });
          second.log.consume({ group: GROUP, handlers: [picky(refused)] });
          refused.clear();
          await parking.request('replay', { group: GROUP }, BY);
          for (const number of upTo(50, 11)) {
            await producer.log.publish(SingleAppended, counted('a', number), { tenantId: 't1' });
          }
          await subject.eventually(async () => expect(await parking.list(GROUP, 100)).toEqual([]), {
            timeoutMs: 30_000,
          });
          await subject.eventually(async () => expect(await numbers(consumer)).toHaveLength(60), {
            timeoutMs: 30_000,
          });
          expect((await numbers(consumer)).sort((a, b) => a - b)).toEqual(upTo(60));
        }),
      60_000,
    );

    it('wait for a version that knows their type', () =>
      withWorld(subject, async (world) => {
        const newer = await world.open({ service: 'producer', catalog: nextTestCatalog });
        const older = await world.open({ service: 'consumer', settings: SETTINGS });
        await newer.log.publish(SingleRenamed, counted('a', 1), { tenantId: 't1' });
        const consumption = older.log.consume({ group: GROUP, handlers: [picky(new Set())] });
        const parking = new ParkingStore(older.database);
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toHaveLength(1));
        await parking.request('replay', { group: GROUP }, BY);
        await subject.eventually(async () => expect((await parking.list(GROUP, 10))[0]?.attempts).toBe(2));
        await consumption.stop();
        // Asked while nobody is there: it is done when somebody is.
        await parking.request('replay', { group: GROUP }, BY);
        expect((await parking.list(GROUP, 10))[0]?.request).toMatchObject({ kind: 'replay', by: BY });
        const next = await world.open({ service: 'consumer', settings: SETTINGS, catalog: nextTestCatalog });
        next.log.consume({ group: GROUP, handlers: [picky(new Set(), SingleRenamed)] });
        await subject.eventually(async () => expect(await numbers(next)).toEqual([1]));
        expect(await parking.list(GROUP, 10)).toEqual([]);
      }));

    it('are dropped when somebody asks for it, and kept while what a handler needs is unavailable', () =>
      withWorld(subject, async (world) => {
        const refused = new Set([1, 2]);
        let unavailable = false;
        const { consumer } = await openWith(world, refused, 2, () => {
          if (unavailable) throw new DomainError('unavailable', 'other.unavailable', 'not now');
        });
        const parking = new ParkingStore(consumer.database);
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toHaveLength(2));
        refused.clear();
        unavailable = true;
        await parking.request('drop', { group: GROUP, offset: 0n }, BY);
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toHaveLength(1));
        await parking.request('replay', { group: GROUP }, BY);
        await new Promise((resolve) => setTimeout(resolve, 500));
        expect((await parking.list(GROUP, 10))[0]).toMatchObject({ attempts: 2, request: { kind: 'replay' } });
        unavailable = false;
        await subject.eventually(async () => expect(await parking.list(GROUP, 10)).toEqual([]));
        expect(await numbers(consumer)).toEqual([2]);
      }));
  });
}

async function openWith(
  world: World,
  refused: ReadonlySet<number>,
  count = 6,
  before: () => void = () => undefined,
): Promise<{ producer: Member; consumer: Member }> {
  const producer = await world.open({ service: 'producer' });
  const consumer = await world.open({ service: 'consumer', settings: SETTINGS });
  await producer.database.transaction(async (tx) => {
    for (const number of upTo(count)) tx.append(SingleAppended, counted('a', number), { tenantId: 't1' });
  });
  consumer.log.consume({ group: GROUP, handlers: [picky(refused, SingleAppended, before)] });
  return { producer, consumer };
}

/** Has an effect, appends an event, and then refuses some numbers. */
function picky(refused: ReadonlySet<number>, schema = SingleAppended, before: () => void = () => undefined): Handler {
  return {
    schema,
    one: async (event, { tx, tenantId }) => {
      const number = Number(asCounted(event).number);
      before();
      await tx.query(`INSERT INTO effect (source, number, member) VALUES ('a', $1, 'a')`, [number]);
      tx.append(ResultAppended, counted('a', number), { tenantId });
      if (refused.has(number)) throw new Error(`not ${number}`);
    },
  };
}

/** In the order they took effect. */
async function numbers({ database }: Member): Promise<number[]> {
  const rows = await database.query<{ number: string }>('SELECT number FROM effect ORDER BY nr');
  return rows.map((row) => Number(row.number));
}
