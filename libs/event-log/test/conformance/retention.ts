import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { asCounted, AgedAppended, BYTES_LIMIT, NewestChanged, SizedAppended, counted } from './test-events.js';
import { byPartition, countedOf, endOf, numbersBySource, readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';

const HOUR_MS = 3_600_000;

export function retentionTests(subject: Subject): void {
  describe('retention', () => {
    it('drops what is too old, and tells a cursor that points there', () =>
      withWorld(subject, async (world) => {
        const member = await world.open({ service: 'producer' });
        const beginning = await endOf(member, ['aged']);
        for (const number of upTo(20))
          await member.log.publish(AgedAppended, counted(`s${number}`, number), { tenantId: 't1' });
        const end = await endOf(member, ['aged']);

        await world.maintain(member, new Date(Date.now() + HOUR_MS / 2));
        expect(await readAll(member, ['aged'])).toHaveLength(20);
        await world.maintain(member, new Date(Date.now() + 2 * HOUR_MS));
        expect(await readAll(member, ['aged'])).toEqual([]);

        const late = member.log.follow({ topics: ['aged'], from: beginning, onRecord: () => undefined });
        await expect(late.caughtUp).rejects.toMatchObject({ code: 'event-log.cursor-expired' });
        await member.log.publish(AgedAppended, counted('s1', 21), { tenantId: 't1' });
        const rest = await readAll(member, ['aged'], end);
        expect(rest.map((record) => Number(countedOf(record).number))).toEqual([21]);
      }));

    it('drops the oldest beyond a number of bytes, and a group that had not come so far goes on behind them', () =>
      withWorld(subject, async (world) => {
        const { segmentBytes } = world.upkeep;
        const member = await world.open({ service: 'producer' });
        const consumer = await world.open({ service: 'consumer' });
        const count = 60 + Math.ceil((3 * segmentBytes) / 10_000);
        // Noise, so that compression does not make it smaller.
        for (const number of upTo(count)) {
          const event = { ...counted('a', number), filler: randomBytes(10_000) };
          await member.log.publish(SizedAppended, event, { tenantId: 't1' });
        }
        await world.maintain(member, new Date());
        const kept = await readAll(member, ['sized']);
        const bytes = kept.reduce((sum, record) => sum + record.payload.length, 0);
        expect(bytes).toBeLessThanOrEqual(BYTES_LIMIT + segmentBytes);
        expect(bytes).toBeGreaterThan(BYTES_LIMIT - 11_000);
        const expected = upTo(kept.length, count + 1 - kept.length);
        expect(kept.map((record) => Number(countedOf(record).number))).toEqual(expected);

        const applied: number[] = [];
        consumer.log.consume({
          group: 'late',
          handlers: [
            {
              schema: SizedAppended,
              one: async (event, { tx }) => tx.afterCommit(() => applied.push(Number(asCounted(event).number))),
            },
          ],
        });
        await subject.eventually(() => expect(applied).toEqual(expected));
      }));
  });

  describe('compaction', () => {
    it('keeps the newest record of each tenant and key, where it is', () =>
      withWorld(subject, async (world) => {
        const member = await world.open({ service: 'producer' });
        const newest = new Map<string, bigint>();
        const write = async (numbers: number[]): Promise<void> => {
          await member.database.transaction(async (tx) => {
            for (const number of numbers) {
              const tenantId = number % 2 === 0 ? 't1' : '';
              tx.append(NewestChanged, counted(`s${number % 7}`, number), { tenantId });
              newest.set(`${tenantId}/s${number % 7}`, BigInt(number));
            }
          });
        };
        await write(upTo(100));
        const before = await readAll(member, ['newest']);
        await world.maintain(member, new Date());
        await write(upTo(30, 101));
        await world.maintain(member, new Date());

        const kept = await readAll(member, ['newest']);
        const found = kept.map((record) => [`${record.tenantId}/${record.key}`, countedOf(record).number] as const);
        expect(new Map(found)).toEqual(newest);
        const spared = world.upkeep.sparesTheTail ? 30 : 0;
        expect(kept.length).toBeGreaterThanOrEqual(newest.size);
        expect(kept.length).toBeLessThanOrEqual(newest.size + spared);
        for (const lane of byPartition(kept).values()) {
          const offsets = lane.map((record) => record.offset);
          expect(offsets).toEqual([...offsets].sort((a, b) => Number(a - b)));
        }
        // Whoever had read the first half finds the rest behind it.
        const cursor = {
          newest: [0, 1].map((partition) => BigInt(before.filter((each) => each.partition === partition).length)),
        };
        const rest = numbersBySource(await readAll(member, ['newest'], cursor));
        expect([...rest.values()].flat().every((number) => number > 100)).toBe(true);
        expect([...rest.values()].flat()).toHaveLength(world.upkeep.sparesTheTail ? 30 : 14);
      }));
  });
}
