import { createHash, randomBytes } from 'node:crypto';
import { Database, DatabaseSettings, dataSourceOf, migrate, migrationsOf, type MigrationClass } from '#database';
import pg from 'pg';

/** The URL of one database of the test run's Postgres server. */
export function testPostgresUrl(database: string): string {
  const template = process.env['GNOMON_TEST_POSTGRES'];
  if (!template) throw new Error('There is no test Postgres: name the file *.medium.ts so that one is started.');
  return template.replace('%7Bdatabase%7D', database).replace('{database}', database);
}

/**
 * A database with one service's schema, migrated: a clone, made in milliseconds, of a template that is migrated once a
 * run. It goes with the server when the run ends.
 */
export async function testDatabase(schema: string, migrations: readonly MigrationClass[]): Promise<Database> {
  const all = migrationsOf(migrations);
  const names = all.map((each) => each.name).join();
  const template = `template_${schema}_${createHash('sha256').update(names).digest('hex').slice(0, 12)}`;
  const connect = (database: string): Promise<Database> => openDatabase(schema, testPostgresUrl(database), all);
  await withServer(async (client) => {
    // Test files run side by side: one of them makes the template, the others wait for it.
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [template]);
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [template]);
    if (found.rowCount === 0) {
      const unfinished = `${template}_new`;
      await client.query(`DROP DATABASE IF EXISTS ${unfinished}`);
      await client.query(`CREATE DATABASE ${unfinished}`);
      const database = await connect(unfinished);
      await migrate(database.dataSource, schema);
      await database.close();
      await client.query(`ALTER DATABASE ${unfinished} RENAME TO ${template}`);
    }
    await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [template]);
  });
  return connect(await createTestDatabase(template));
}

/** An empty database, or a clone of a template. @returns its name */
export async function createTestDatabase(template?: string): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withServer((client) => client.query(`CREATE DATABASE ${name}${template ? ` TEMPLATE ${template}` : ''}`));
  return name;
}

async function openDatabase(schema: string, url: string, migrations: readonly MigrationClass[]): Promise<Database> {
  const { poolSize, statementTimeoutMs } = DatabaseSettings.load();
  const dataSource = dataSourceOf({ schema, url, migrations, poolSize, statementTimeoutMs });
  await dataSource.initialize();
  return new Database(schema, dataSource);
}

async function withServer<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: testPostgresUrl('postgres') });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
