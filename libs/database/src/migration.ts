import { DataSource, type MigrationInterface } from 'typeorm';

/** A migration: its class name ends in the 13-digit time it was written at, which orders it. */
export type MigrationClass = new () => MigrationInterface;

/** One that holds the lock, and one that does the work. */
const CONNECTIONS = 2;

/**
 * Creates the schema and brings it up to date. Several processes may do this at once: one does the work, the others
 * wait for it, however long it takes.
 */
export async function migrate(dataSource: DataSource, schema: string): Promise<void> {
  const unhurried = withoutDeadline(dataSource);
  await unhurried.initialize();
  try {
    const runner = unhurried.createQueryRunner();
    await runner.connect();
    try {
      // Ends with the connection, too.
      await runner.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`gnomon migrate ${schema}`]);
      await runner.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      await unhurried.runMigrations({ transaction: 'each' });
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
