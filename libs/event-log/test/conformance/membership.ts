import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, effectHandler } from './effects.js';
import { readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { CountedAppended, SingleAppended, asCounted, counted } from './test-events.js';
import { WorkerProcess } from './worker-process.js';
import type { Member } from './world.js';

const GROUP = 'shared';
const SETTINGS = { pollMs: 100, batchRecords: 10, stallMs: 1_000 };

export function membershipTests(subject: Subject): void {
  describe('two members of a group', () => {
    it(
      'never apply one partition at the same time, nor any event twice',
      () =>
        withWorld(subject, async (world) => {
          const producer = await world.open({ service: 'producer' });
          const members = await Promise.all(upTo(3).map(() => world.open({ service: 'consumer', settings: SETTINGS })));
          const inside = new Map<number, number>();
          let overlaps = 0;
          const started = members.map((member, index) => {
            const inner = effectHandler(String(index));
            if (!('one' in inner)) throw new Error('a handler of one event is needed');
            return member.log.consume({
              group: GROUP,
              handlers: [
                {
                  schema: CountedAppended,
                  one: async (event, context) => {
                    const { partition } = context.record;
                    inside.set(partition, (inside.get(partition) ?? 0) + 1);
                    if (inside.get(partition)! > 1) overlaps += 1;
                    try {
                      await sleep(Math.random() * 3);
                      await inner.one(event, context);
                    } finally {
                      inside.set(partition, inside.get(partition)! - 1);
                    }
                  },
                },
              ],
            });
          });
          const count = 600;
          await produce(producer, upTo(count));
          await subject.eventually(() => expectEffects(members[0]!, count), { timeoutMs: 30_000 });
          await Promise.all(started.map((consumption) => consumption.stop()));
          const results = (await readAll(producer, ['result'])).length;
          const account = await accountOf(members[0]!.database, results);
          expect(account).toEqual({ distinct: count, effects: count, total: count, results: count, misordered: 0 });
          expect(overlaps).toBe(0);
        }),
      60_000,
    );

    it('hand over at once when one of them is stopped', () =>
      withWorld(subject, async (world) => {
        const producer = await world.open({ service: 'producer' });
        const [first, second] = await Promise.all(
          upTo(2).map(() => world.open({ service: 'consumer', settings: { pollMs: 2_000 } })),
        );
        const leaving = first!.log.consume({ group: GROUP, handlers: [effectHandler('first')] });
        await leaving.started;
        await produce(producer, upTo(20));
        await subject.eventually(() => expectEffects(first!, 20));
        const staying = second!.log.consume({ group: GROUP, handlers: [effectHandler('second')] });
        await staying.started;
        await leaving.stop();
        const stopped = performance.now();
        await produce(producer, upTo(20, 21));
        await subject.eventually(() => expectEffects(second!, 40));
        expect(performance.now() - stopped).toBeLessThan(1_000);
        await staying.stop();
      }));

    it(
      'do not both apply when one stands still in the middle and wakes up later',
      () =>
        withWorld(subject, async (world) => {
          const producer = await world.open({ service: 'producer' });
          const worker = await new WorkerProcess(world.child.module).loaded();
          try {
            await produce(producer, upTo(30));
            worker.start({ connection: world.child.connection, task: { kind: 'consume', group: GROUP, holdAt: 15 } });
            expect(await worker.line('holding 15')).toBeDefined();
            worker.signal('SIGSTOP');

            const other = await world.open({ service: 'consumer', settings: SETTINGS });
            const consumption = other.log.consume({ group: GROUP, handlers: [effectHandler('other')] });
            await subject.eventually(() => expectEffects(other, 30), { timeoutMs: 15_000 });
            worker.signal('SIGCONT');
            await produce(producer, upTo(30, 31));
            await subject.eventually(() => expectEffects(other, 60), { timeoutMs: 15_000 });
            // Time for the woken one to do what it was about to do.
            await subject.eventually(async () =>
              expect((await readAll(producer, ['result'])).length).toBeGreaterThanOrEqual(60),
            );
            await sleep(500);
            await consumption.stop();
            const results = (await readAll(producer, ['result'])).length;
            const account = await accountOf(other.database, results);
            expect(account).toEqual({ distinct: 60, effects: 60, total: 60, results: 60, misordered: 0 });
          } finally {
            await worker.kill();
          }
        }),
      60_000,
    );
  });

  describe('one subscription', () => {
    it('reads several topics and types under one position each, and passes over what it does not handle', () =>
      withWorld(subject, async (world) => {
        const producer = await world.open({ service: 'producer' });
        const consumer = await world.open({ service: 'consumer' });
        const seen: string[] = [];
        const sizes: number[] = [];
        consumer.log.consume({
          group: GROUP,
          handlers: [
            {
              schema: SingleAppended,
              one: async (event, { tx }) => tx.afterCommit(() => seen.push(`single ${asCounted(event).number}`)),
            },
            {
              schema: CountedAppended,
              maxRecords: 4,
              many: async (events, tx) => {
                sizes.push(events.length);
                tx.afterCommit(() => seen.push(...events.map(({ event }) => `counted ${asCounted(event).number}`)));
              },
            },
          ],
        });
        await producer.database.transaction(async (tx) => {
          for (const number of upTo(10)) tx.append(CountedAppended, counted('a', number), { tenantId: 't1' });
          tx.append(SingleAppended, counted('a', 1), { tenantId: 't1' });
        });
        await subject.eventually(() => expect(seen).toHaveLength(11));
        expect(seen.filter((name) => name.startsWith('counted'))).toEqual(
          upTo(10).map((number) => `counted ${number}`),
        );
        expect(Math.max(...sizes)).toBeLessThanOrEqual(4);
      }));
  });
}

async function produce({ database }: Member, numbers: readonly number[]): Promise<void> {
  for (let start = 0; start < numbers.length; start += 10) {
    await database.transaction(async (tx) => {
      for (const number of numbers.slice(start, start + 10)) {
        tx.append(CountedAppended, counted(`s${number % 7}`, number), { tenantId: 't1' });
      }
    });
  }
}

async function expectEffects({ database }: Member, count: number): Promise<void> {
  expect((await accountOf(database, 0)).distinct).toBe(count);
}
