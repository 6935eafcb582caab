import { describe, expect, it } from '@jest/globals';
import { ParkingStore, type Handler } from '#event-log';
import { DomainError } from '#kernel';
import { upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { SingleAppended, SingleRenamed, asCounted, counted, nextTestCatalog } from './test-events.js';
import type { Member } from './world.js';

const GROUP = 'careful';
const SETTINGS = { maxAttempts: 3, pollMs: 100 };

export function parkingTests(subject: Subject): void {
  describe('a record that cannot be applied', () => {
    it.each(['one', 'many'] as const)(
      'is parked with its coordinates, and its neighbours are applied (%s at a time)',
      (way) =>
        withWorld(subject, async (world) => {
          const producer = await world.open({ service: 'producer' });
          const consumer = await world.open({ service: 'consumer', settings: SETTINGS });
          await produce(producer, 40);
          const tried: number[] = [];
          const apply = async (
            number: number,
            tx: { query(sql: string, values: unknown[]): Promise<unknown> },
          ): Promise<void> => {
            if (number === 13) tried.push(number);
            await tx.query(`INSERT INTO effect (source, number, member) VALUES ('a', $1, 'a')`, [number]);
            if (number === 13) throw new Error('13 brings bad luck');
          };
          const handler: Handler =
            way === 'one'
              ? { schema: SingleAppended, one: (event, { tx }) => apply(Number(asCounted(event).number), tx) }
              : {
                  schema: SingleAppended,
                  maxRecords: 20,
                  many: async (events, tx) => {
                    for (const { event } of events) await apply(Number(asCounted(event).number), tx);
                  },
                };
          const consumption = consumer.log.consume({ group: GROUP, handlers: [handler] });
          await subject.eventually(async () => expect(await numbers(consumer)).toHaveLength(39));
          await subject.eventually(() => expect(consumption.lag().get('single')).toBe(0n));
          expect(await numbers(consumer)).toEqual(upTo(40).filter((number) => number !== 13));
          const parked = await new ParkingStore(consumer.database).list(GROUP, 10);
          expect(parked).toHaveLength(1);
          expect(parked[0]).toMatchObject({ group: GROUP, error: '13 brings bad luck', attempts: 3 });
          expect(parked[0]!.record).toMatchObject({
            topic: 'single',
            partition: 0,
            offset: 12n,
            key: 'a',
            tenantId: 't1',
          });
          expect(tried.length).toBeGreaterThanOrEqual(3);
        }),
    );

    it('is parked at once if this version cannot know it', () =>
      withWorld(subject, async (world) => {
        const newer = await world.open({ service: 'producer', catalog: nextTestCatalog });
        const consumer = await world.open({ service: 'consumer', settings: SETTINGS });
        await newer.log.publish(SingleAppended, counted('a', 1), { tenantId: 't1' });
        await newer.log.publish(SingleRenamed, counted('a', 2), { tenantId: 't1' });
        await newer.log.publish(SingleAppended, counted('a', 3), { tenantId: 't1' });
        consumer.log.consume({ group: GROUP, handlers: [recorder()] });
        await subject.eventually(async () => expect(await numbers(consumer)).toEqual([1, 3]));
        const parked = await new ParkingStore(consumer.database).list(GROUP, 10);
        expect(parked.map(({ record, attempts }) => [record.type, record.offset, attempts])).toEqual([
          ['single.renamed.v1', 1n, 1],
        ]);
      }));
  });

  it('waits, and parks nothing, while something that a handler needs is unavailable', () =>
    withWorld(subject, async (world) => {
      const producer = await world.open({ service: 'producer' });
      const consumer = await world.open({ service: 'consumer', settings: SETTINGS });
      await produce(producer, 3);
      let refusals = 5;
      const inner = recorder();
      if (!('one' in inner)) throw new Error('a handler of one event is needed');
      consumer.log.consume({
        group: GROUP,
        handlers: [
          {
            schema: SingleAppended,
            one: async (event, context) => {
              if (refusals-- > 0) throw new DomainError('unavailable', 'other.unavailable', 'not now');
              await inner.one(event, context);
            },
          },
        ],
      });
      await subject.eventually(async () => expect((await consumer.health.readiness()).ready).toBe(false));
      await subject.eventually(async () => expect(await numbers(consumer)).toEqual([1, 2, 3]));
      await subject.eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
      expect(await new ParkingStore(consumer.database).list(GROUP, 10)).toEqual([]);
    }));
}

function recorder(): Handler {
  return {
    schema: SingleAppended,
    one: async (event, { tx }) => {
      await tx.query(`INSERT INTO effect (source, number, member) VALUES ('a', $1, 'a')`, [
        String(asCounted(event).number),
      ]);
    },
  };
}

async function produce({ database }: Member, count: number): Promise<void> {
  await database.transaction(async (tx) => {
    for (const number of upTo(count)) tx.append(SingleAppended, counted('a', number), { tenantId: 't1' });
  });
}

/** In the order they took effect. */
async function numbers({ database }: Member): Promise<number[]> {
  const rows = await database.query<{ number: string }>('SELECT number FROM effect ORDER BY nr');
  return rows.map((row) => Number(row.number));
}
