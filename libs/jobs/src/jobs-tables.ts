import { DatabaseSettings } from '#database';
import { DomainError } from '#kernel';
import { assertSchemaCompatibility, runMigrations, SchemaMigrationRequiredError } from 'bullmq';
import pg from 'pg';
import { JobsSettings } from './jobs.config.js';

/** BullMQ's name for the schema of its tables when it is handed a pool. */
export const JOBS_SCHEMA = 'bullmq';

/** Brings BullMQ's tables up to date, where jobs wait in Postgres. Safe to run twice, and at the same time. */
export async function migrateJobs(): Promise<void> {
  const { url } = DatabaseSettings.load();
  if (JobsSettings.load().backend !== 'postgres' || !url) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await runMigrations(client, JOBS_SCHEMA);
  } finally {
    await client.end();
  }
}

/** Changes nothing. @throws DomainError `database.not-migrated` where BullMQ's tables are missing */
export async function checkJobsMigrated(client: pg.ClientBase): Promise<void> {
  try {
    await assertSchemaCompatibility(client, JOBS_SCHEMA);
  } catch (error) {
    if (!(error instanceof SchemaMigrationRequiredError)) throw error;
    throw new DomainError(
      'unavailable',
      'database.not-migrated',
      'The tables of jobs are missing: run "npm run migrate", or set GNOMON_MIGRATE=true.',
      { field: 'GNOMON_MIGRATE' },
    );
  }
}
