import { DomainError } from '#kernel';
import { DataSource, type MigrationInterface } from 'typeorm';
import { sqlState } from './sql-state.js';

/** A migration: its class name ends in the 13-digit time it was written at, which orders it. */
export type MigrationClass = new () => MigrationInterface;

/** One that holds the lock, and one that does the work. */
const CONNECTIONS = 2;
const UNDEFINED_TABLE = '42P01';

/**
 * Creates the schema and brings it up to date. Several processes may do this at once: one does the work, the others
 * wait for it, however long it takes.
 *
 * @returns the names of the migrations that were run; empty where there was nothing to do
 */
export async function migrate(dataSource: DataSource, schema: string): Promise<string[]> {
  const unhurried = withoutDeadline(dataSource);
  await unhurried.initialize();
  try {
    const runner = unhurried.createQueryRunner();
    await runner.connect();
    try {
      // Ends with the connection, too.
      await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      const done = await unhurried.runMigrations({ transaction: 'each' });
      return done.map(({ name }) => name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
      await runner.release();
    }
  } finally {
    await unhurried.destroy();
  }
}

/** A statement that a request may run for seconds only may take minutes in a migration, or wait for one. */
function withoutDeadline({ options }: DataSource): DataSource {
  if (options.type !== 'postgres') throw new Error('Only Postgres is migrated.');
  const extra = options.extra as { options?: string } | undefined;
  return new DataSource({
    ...options,
    poolSize: CONNECTIONS,
    extra: { ...extra, options: `${extra?.options ?? ''} -c statement_timeout=0` },
  });
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
