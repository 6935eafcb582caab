import type { MigrationInterface } from 'typeorm';
import type { DataSource } from 'typeorm';

/** A migration: its class name ends in the 13-digit time it was written at, which orders it. */
export type MigrationClass = new () => MigrationInterface;

/**
 * Creates the schema and brings it up to date. Several processes may do this at once: one does the work, the others
 * wait for it.
 */
export async function migrate(dataSource: DataSource, schema: string): Promise<void> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
    try {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      await dataSource.runMigrations({ transaction: 'each' });
    } finally {
      await runner.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
    }
  } finally {
    await runner.release();
  }
}
