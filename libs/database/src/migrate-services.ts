import { DomainError } from '#kernel';
import type { DataSource } from 'typeorm';
import { DatabaseSettings } from './database.config.js';
import { DatabaseModule, migrationsOf } from './database.module.js';
import { dataSourceOf } from './data-source.js';
import { checkMigrated, migrate } from './migration.js';

/** What was done to the schema of one service. */
export interface MigratedSchema {
  readonly schema: string;
  /** The names of the migrations that were run; empty where there was nothing to do. */
  readonly applied: readonly string[];
}

/**
 * Brings the schemas of all services whose modules have been imported up to date, one after the other.
 *
 * @throws DomainError `settings.missing` without GNOMON_DATABASE_URL
 */
export async function migrateServices(): Promise<MigratedSchema[]> {
  return onEachSchema(async (dataSource, schema) => ({ schema, applied: await migrate(dataSource, schema) }));
}

/**
 * Changes nothing.
 *
 * @throws DomainError `database.not-migrated` where a schema of the services whose modules have been imported is behind;
 * `settings.missing` without GNOMON_DATABASE_URL
 */
export async function checkServicesMigrated(): Promise<void> {
  await onEachSchema(checkMigrated);
}

async function onEachSchema<T>(work: (dataSource: DataSource, schema: string) => Promise<T>): Promise<T[]> {
  const { url } = DatabaseSettings.load();
  if (!url)
    throw new DomainError('unavailable', 'settings.missing', 'GNOMON_DATABASE_URL is not set.', {
      field: 'GNOMON_DATABASE_URL',
    });
  const done: T[] = [];
  for (const { schema, migrations } of DatabaseModule.services()) {
    const dataSource = dataSourceOf({
      url,
      schema,
      migrations: migrationsOf(migrations),
      poolSize: 2,
      statementTimeoutMs: 30_000,
    });
    await dataSource.initialize();
    try {
      done.push(await work(dataSource, schema));
    } finally {
      await dataSource.destroy();
    }
  }
  return done;
}
