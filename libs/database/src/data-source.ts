import type pg from 'pg';
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
  return new EnduringDataSource({
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

/**
 * A connection that is cut in the very moment it is handed out has nobody who listens for its errors: the pool has let go
 * of it, the query runner has not taken hold yet, and Node ends a process for an error event that nobody hears. Whoever
 * uses such a connection next is told anyway.
 */
class EnduringDataSource extends DataSource {
  override async initialize(): Promise<this> {
    await super.initialize();
    endureCutConnections((this.driver as unknown as { master: pg.Pool }).master);
    return this;
  }
}

/** Keeps the process alive when connections of a pool are cut; their users see their queries fail. */
export function endureCutConnections(pool: pg.Pool): void {
  pool.on('connect', (client) => client.on('error', () => undefined));
}
