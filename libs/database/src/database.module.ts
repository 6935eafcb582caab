import { Inject, Logger, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DomainError, Health, messageOf, type SettingsOf } from '#kernel';
import type { EntitySchema, MixedList } from 'typeorm';
import { DatabaseSettings } from './database.config.js';
import { Database } from './database.js';
import { dataSourceOf } from './data-source.js';
import { checkMigrated, migrate, type MigrationClass } from './migration.js';

export interface DatabaseOptions {
  /** The service's schema. */
  readonly schema: string;
  readonly migrations: readonly MigrationClass[];
  readonly entities?: MixedList<(new () => object) | EntitySchema>;
}

const logger = new Logger('Database');
const sharedMigrations: MigrationClass[] = [];

/** Adds migrations to every service's history: for libs that keep tables in each service's schema. Call on import. */
export function addSharedMigrations(...migrations: MigrationClass[]): void {
  sharedMigrations.push(...migrations);
}

/** All migrations of a service: the libs' and its own, in the order of their times. */
export function migrationsOf(own: readonly MigrationClass[]): MigrationClass[] {
  return [...sharedMigrations, ...own];
}

/** Gives one service its `Database`: connected and migrated before anything is injected. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  private static readonly declared = new Map<string, { options: DatabaseOptions; module: DynamicModule }>();

  constructor(@Inject(Database) private readonly database: Database) {}

  /** The module that `forService` made for a schema: for libs whose own modules build on a service's `Database`. */
  static ofService(schema: string): DynamicModule {
    const module = DatabaseModule.declared.get(schema)?.module;
    if (!module) throw new Error(`There is no DatabaseModule.forService({ schema: '${schema}' }) before this.`);
    return module;
  }

  /** The databases of all services whose modules have been imported. */
  static services(): readonly DatabaseOptions[] {
    return [...DatabaseModule.declared.values()].map(({ options }) => options);
  }

  static forService(options: DatabaseOptions): DynamicModule {
    const module: DynamicModule = {
      module: DatabaseModule,
      providers: [
        DatabaseSettings.provider,
        {
          provide: Database,
          inject: [DatabaseSettings.token, Health],
          useFactory: (settings: SettingsOf<typeof DatabaseSettings>, health: Health) =>
            open(options, settings, health),
        },
      ],
      exports: [Database],
    };
    DatabaseModule.declared.set(options.schema, { options, module });
    return module;
  }

  /** Last of all: whatever drains at shutdown still needs the database. */
  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

async function open(
  options: DatabaseOptions,
  settings: SettingsOf<typeof DatabaseSettings>,
  health: Health,
): Promise<Database> {
  if (!settings.url) {
    throw new DomainError('unavailable', 'settings.missing', 'GNOMON_DATABASE_URL is not set.', {
      field: 'GNOMON_DATABASE_URL',
    });
  }
  const dataSource = dataSourceOf({
    ...options,
    ...settings,
    url: settings.url,
    migrations: migrationsOf(options.migrations),
  });
  await dataSource.initialize();
  try {
    await (settings.migrate ? migrate : checkMigrated)(dataSource, options.schema);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  const database = new Database(options.schema, dataSource);
  health.register(`database:${options.schema}`, async () => {
    try {
      await database.query('SELECT 1');
      return { ready: true };
    } catch (error) {
      // Anybody may ask whether the process is ready; addresses and user names are for the log.
      logger.warn(`The database of ${options.schema} does not answer: ${messageOf(error)}`);
      return { ready: false, reason: 'the database does not answer' };
    }
  });
  return database;
}
