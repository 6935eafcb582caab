import { DomainError } from '#kernel';
import type { MigrationInterface } from 'typeorm';
import type { DataSource } from 'typeorm';
import { sqlState } from './sql-state.js';

/** A migration: its class name ends in the 13-digit time it was written at, which orders it. */
export type MigrationClass = new () => MigrationInterface;

const UNDEFINED_TABLE = '42P01';

/**
 * Creates the schema and brings it up to date. Several processes may do this at once: one does the work, the others
 * wait for it, however long it takes.
 *
 * @returns the names of the migrations that were run; empty where there was nothing to do
 */
export async function migrate(dataSource: DataSource, schema: string): Promise<string[]> {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SET statement_timeout = 0');
    await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
    try {
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      const done = await dataSource.runMigrations({ transaction: 'each' });
      return done.map(({ name }) => name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
      await runner.query('RESET statement_timeout');
    }
  } finally {
    await runner.release();
  }
}

/**
 * Changes nothing, and needs no right to. Migrations of a newer version that the database has already are no reason to
 * stop: they leave room for the version before.
 *
 * @throws DomainError `database.not-migrated` where the schema lacks a migration of this version
 */
export async function checkMigrated(dataSource: DataSource, schema: string): Promise<void> {
  const done = await migrationsIn(dataSource);
  const missing = dataSource.migrations
    .map(({ name, constructor }) => name ?? constructor.name)
    .filter((name) => !done.has(name));
  if (missing.length === 0) return;
  throw new DomainError(
    'unavailable',
    'database.not-migrated',
    `The schema "${schema}" is not up to date, it lacks ${missing.join(', ')}: run "npm run migrate", or set GNOMON_MIGRATE=true.`,
    { field: 'GNOMON_MIGRATE' },
  );
}

async function migrationsIn(dataSource: DataSource): Promise<Set<string>> {
  try {
    const rows: { name: string }[] = await dataSource.query('SELECT name FROM schema_migration');
    return new Set(rows.map((row) => row.name));
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return new Set();
    throw error;
  }
}
