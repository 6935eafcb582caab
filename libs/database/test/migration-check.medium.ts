import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkMigrated, dataSourceOf, migrate, type MigrationClass } from '#database';
import { createTestDatabase, testPostgresUrl } from '#testkit';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class First1700000000000 implements MigrationInterface {
  name = 'First1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE first (id int)');
    await runner.query('SELECT pg_sleep(0.2)');
  }
  async down(): Promise<void> {}
}

class Second1700000000001 implements MigrationInterface {
  name = 'Second1700000000001';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE second (id int)');
  }
  async down(): Promise<void> {}
}

describe('migrations that a process only checks', () => {
  let url: string;
  const open: ReturnType<typeof dataSourceOf>[] = [];
  beforeAll(async () => {
    url = testPostgresUrl(await createTestDatabase());
  });
  afterAll(async () => {
    await Promise.all(open.map((source) => source.destroy()));
  });
  const source = async (migrations: readonly MigrationClass[]): Promise<(typeof open)[number]> => {
    const made = dataSourceOf({ url, schema: 'sample', migrations, poolSize: 2, statementTimeoutMs: 5_000 });
    open.push(await made.initialize());
    return made;
  };

  it('are checked without being run, and run once by whoever comes first', async () => {
    const [one, two, three] = await Promise.all([
      source([First1700000000000]),
      source([First1700000000000]),
      source([First1700000000000]),
    ]);
    await expect(checkMigrated(one, 'sample')).rejects.toMatchObject({
      code: 'database.not-migrated',
      message: expect.stringMatching(/First1700000000000.*npm run migrate/),
    });
    const applied = await Promise.all([one, two, three].map((each) => migrate(each, 'sample')));
    expect(applied.flat()).toEqual(['First1700000000000']);
    expect(await migrate(one, 'sample')).toEqual([]);
    await checkMigrated(one, 'sample');
  });

  it('of a newer version leave room for the version before', async () => {
    const newer = await source([First1700000000000, Second1700000000001]);
    await expect(checkMigrated(newer, 'sample')).rejects.toThrow(/lacks Second1700000000001:/);
    expect(await migrate(newer, 'sample')).toEqual(['Second1700000000001']);
    await checkMigrated(await source([First1700000000000]), 'sample');
  });
});
