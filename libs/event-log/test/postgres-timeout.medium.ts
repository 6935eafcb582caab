import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ParkingStore } from '#event-log';
import { eventually } from '#testkit';
import { upTo } from './conformance/reading.js';
import { SingleAppended, asCounted, counted } from './conformance/test-events.js';
import type { Member } from './conformance/world.js';
import { makePostgresWorld, type PostgresWorld } from './postgres-world-maker.js';
import { openMember } from './postgres-world.js';

jest.setTimeout(60_000);

describe('a statement timeout on Postgres', () => {
  let world: PostgresWorld;
  let consumer: Member;
  afterEach(async () => {
    await consumer.close();
    await world.close();
  });

  it('has a batch that is too heavy applied in smaller numbers, and waits for a single record', async () => {
    world = await makePostgresWorld();
    const producer = await world.open({ service: 'producer' });
    await producer.database.transaction(async (tx) => {
      for (const number of upTo(40)) tx.append(SingleAppended, counted('a', number), { tenantId: 't1' });
    });
    consumer = await openMember({ service: 'consumer', connection: world.url, statementTimeoutMs: 300 });
    const applied: number[] = [];
    let outages = 3;
    consumer.log.consume({
      group: 'heavy',
      handlers: [
        {
          schema: SingleAppended,
          maxRecords: 500,
          many: async (events, tx) => {
            const numbers = events.map(({ event }) => Number(asCounted(event).number));
            const stuck = numbers.includes(20) && outages > 0;
            if (stuck && numbers.length === 1) outages -= 1;
            await tx.query('SELECT pg_sleep($1)', [stuck ? 5 : events.length * 0.03]);
            tx.afterCommit(() => applied.push(...numbers));
          },
        },
      ],
    });
    await eventually(() => expect(applied).toEqual(upTo(40)), { timeoutMs: 40_000 });
    expect(outages).toBe(0);
    expect(await new ParkingStore(consumer.database).list('heavy', 10)).toEqual([]);
  });
});
