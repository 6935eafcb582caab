import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { testDatabase } from '#testkit';
import type pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class Init1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE thing (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE thing');
  }
}

describe('Database', () => {
  let database: Database;
  beforeAll(async () => {
    database = await testDatabase('sample', [Init1700000000000]);
  });
  afterAll(() => database.close());

  it('keeps what a transaction wrote, and runs what waits for the commit', async () => {
    let committed = false;
    await database.transaction(async (tx) => {
      await tx.query('INSERT INTO thing (id) VALUES ($1)', [1]);
      tx.afterCommit(() => (committed = true));
      expect(committed).toBe(false);
    });
    expect(committed).toBe(true);
    expect(await database.query('SELECT id FROM thing WHERE id = 1')).toEqual([{ id: 1 }]);
  });

  it('forgets what a failed transaction wrote', async () => {
    let committed = false;
    const work = database.transaction(async (tx) => {
      tx.afterCommit(() => (committed = true));
      await tx.query('INSERT INTO thing (id) VALUES (2)');
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(committed).toBe(false);
    expect(await database.query('SELECT id FROM thing WHERE id = 2')).toEqual([]);
  });

  it('answers the rows of an UPDATE … RETURNING', async () => {
    await database.transaction((tx) => tx.query('INSERT INTO thing (id) VALUES (3)'));
    const rows = await database.transaction((tx) => tx.query('UPDATE thing SET n = n + 1 WHERE id = 3 RETURNING n'));
    expect(rows).toEqual([{ n: 1 }]);
  });

  it('runs a transaction again that lost a deadlock', async () => {
    await database.transaction((tx) => tx.query('INSERT INTO thing (id) VALUES (10), (11)'));
    let meet: () => void;
    const both = new Promise<void>((resolve) => (meet = resolve));
    let waiting = 0;
    const bump = (first: number, second: number): Promise<void> =>
      database.transaction(async (tx) => {
        await tx.query('UPDATE thing SET n = n + 1 WHERE id = $1', [first]);
        if (++waiting === 2) meet();
        await both;
        await tx.query('UPDATE thing SET n = n + 1 WHERE id = $1', [second]);
      });
    await Promise.all([bump(10, 11), bump(11, 10)]);
    expect(await database.query('SELECT n FROM thing WHERE id IN (10, 11)')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  it('outlives a connection that is cut in the moment it is handed out', async () => {
    const pool = (database.dataSource.driver as unknown as { master: pg.Pool }).master;
    const taken = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    // Nobody has taken hold of it yet; an error event that nobody hears would end the process.
    expect(() => taken.at(-1)!.emit('error', new Error('terminating connection'))).not.toThrow();
    taken.forEach((client) => client.release());
  });

  it('sees its own schema only', async () => {
    expect(await database.query('SELECT current_schemas(false)::text AS path')).toEqual([{ path: '{sample}' }]);
  });
});
