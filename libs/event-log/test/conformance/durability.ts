import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { countedOf, readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { SingleAppended, counted } from './test-events.js';
import { WorkerProcess } from './worker-process.js';

const CRASHES = 8;

export function durabilityTests(subject: Subject): void {
  describe('publishing', () => {
    it(
      'keeps what it has acknowledged, whenever the process is killed',
      () =>
        withWorld(subject, async (world) => {
          const reader = await world.open({ service: 'consumer' });
          let acknowledged = 0;
          for (let crash = 0; crash < CRASHES; crash++) {
            const worker = await new WorkerProcess(world.child.module).loaded();
            worker.start({
              connection: world.child.connection,
              task: { kind: 'publish', source: `crash-${crash}`, from: 1 },
            });
            await worker.line('acknowledged 1');
            await sleep(Math.random() * 150);
            await worker.kill();
            const last = worker.lines.filter((line) => line.startsWith('acknowledged')).length;
            acknowledged += last;
            const records = await readAll(reader, ['single']);
            const numbers = records.map(countedOf).filter(({ source }) => source === `crash-${crash}`);
            expect(numbers.slice(0, last).map(({ number }) => Number(number))).toEqual(upTo(last));
          }
          expect(acknowledged).toBeGreaterThan(CRASHES);
        }),
      60_000,
    );

    it('shares commits between concurrent calls', () =>
      withWorld(subject, async (world) => {
        const { log } = await world.open({ service: 'producer' });
        await Promise.all(
          upTo(500).map((number) => log.publish(SingleAppended, counted('a', number), { tenantId: 't1' })),
        );
        const reader = await world.open({ service: 'consumer' });
        const records = await readAll(reader, ['single']);
        expect(records.map((record) => Number(countedOf(record).number))).toEqual(upTo(500));
      }));

    it('refuses, with a time to come back, when too much waits, and takes more later', () =>
      withWorld(subject, async (world) => {
        const { log } = await world.open({ service: 'producer', settings: { publishQueueBytes: 50_000 } });
        const calls = upTo(20).map((number) =>
          log.publish(SingleAppended, counted('a', number, 10_000), { tenantId: 't1' }),
        );
        const outcomes = await Promise.allSettled(calls);
        const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
        expect(refused.length).toBeGreaterThan(0);
        for (const { reason } of refused) {
          expect(reason).toMatchObject({
            code: 'event-log.overloaded',
            kind: 'overloaded',
            details: { retryAfterSeconds: 1 },
          });
        }
        await log.publish(SingleAppended, counted('a', 21, 10_000), { tenantId: 't1' });
        const reader = await world.open({ service: 'consumer' });
        expect(await readAll(reader, ['single'])).toHaveLength(21 - refused.length);
      }));

    it('refuses a record that is too large', () =>
      withWorld(subject, async (world) => {
        const { log } = await world.open({ service: 'producer', settings: { maxRecordBytes: 1_000 } });
        const publish = log.publish(SingleAppended, counted('a', 1, 2_000), { tenantId: 't1' });
        await expect(publish).rejects.toMatchObject({ code: 'event-log.record-too-large', kind: 'too-large' });
      }));
  });
}
