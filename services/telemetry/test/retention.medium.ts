import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { testDatabase } from '#testkit';
import { InitTelemetry1700000000000 } from '../src/migrations/1700000000000-init.js';
import { RetentionStore } from '../src/retention.store.js';

describe('RetentionStore', () => {
  let database: Database;
  let store: RetentionStore;
  beforeAll(async () => {
    database = await testDatabase('telemetry', [InitTelemetry1700000000000]);
    store = new RetentionStore(database);
  });
  afterAll(() => database.close());

  it('keeps the most used hosts, and holds up nobody who counts one of them', async () => {
    await database.query(
      `INSERT INTO unclaimed_host (tenant_id, host, registrable_domain, generative_ai_hint, transactions, bytes_up,
         bytes_down, blocked, first_seen_at, last_seen_at)
       SELECT 'one', 'host-' || n, 'host-' || n, '', n, 0, 0, 0, now(), now() FROM generate_series(1, 5) n`,
    );
    await database.transaction(async (tx) => {
      await tx.query(`UPDATE unclaimed_host SET transactions = 9 WHERE host = 'host-5'`);
      expect(await store.trimHosts('one', 3, 100)).toBe(2);
    });
    const rows = await database.query<{ host: string }>('SELECT host FROM unclaimed_host ORDER BY host');
    expect(rows.map((row) => row.host)).toEqual(['host-3', 'host-4', 'host-5']);
  });
});
