import { DataSource, type MixedList, type EntitySchema } from 'typeorm';
import type { MigrationClass } from './migration.js';

export interface DataSourceOptions {
  readonly url: string;
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  readonly entities?: MixedList<(new () => object) | EntitySchema>;
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

const SCHEMA_NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** A data source on one schema of its own, with that schema alone on the search path. Not yet connected. */
export function dataSourceOf(options: DataSourceOptions): DataSource {
  if (!SCHEMA_NAME.test(options.schema)) throw new Error(`"${options.schema}" cannot be the name of a schema.`);
  return new DataSource({
    type: 'postgres',
    url: options.url,
    schema: options.schema,
    entities: options.entities ?? [],
    migrations: [...options.migrations],
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    installExtensions: false,
    applicationName: `gnomon-${options.schema}`,
    poolSize: options.poolSize,
    extra: {
      options: `-c search_path=${options.schema} -c statement_timeout=${options.statementTimeoutMs} -c idle_in_transaction_session_timeout=60000 -c timezone=UTC`,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: 15_000,
    },
  });
}
