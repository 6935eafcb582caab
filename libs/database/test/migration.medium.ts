import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { dataSourceOf, migrate } from '#database';
import { createTestDatabase, testPostgresUrl } from '#testkit';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

class Slow1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT pg_sleep(0.8)');
    await runner.query('CREATE TABLE thing (id int)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE thing');
  }
}

describe('migrate', () => {
  let processes: DataSource[];
  beforeEach(async () => {
    const url = testPostgresUrl(await createTestDatabase());
    const options = { url, schema: 'sample', migrations: [Slow1700000000000], poolSize: 2, statementTimeoutMs: 300 };
    processes = [dataSourceOf(options), dataSourceOf(options)];
    await Promise.all(processes.map((each) => each.initialize()));
  });
  afterEach(() => Promise.all(processes.map((each) => each.destroy())));

  it('takes the time it needs, and lets other processes wait for it, whatever a statement may take otherwise', async () => {
    await Promise.all(processes.map((each) => migrate(each, 'sample')));
    for (const each of processes) {
      expect(await each.query('SELECT count(*)::int AS count FROM schema_migration')).toEqual([{ count: 1 }]);
      expect(await each.query('SELECT * FROM thing')).toEqual([]);
      await expect(each.query('SELECT pg_sleep(2)')).rejects.toThrow('statement timeout');
    }
  });
});
