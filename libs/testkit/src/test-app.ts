import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Clock, KernelModule, closeApp, createHttpApp, listen, provideSetting } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { catalogFile, type TestCatalog } from './catalog-file.js';
import { createTestDatabase, testPostgresUrl } from './test-database.js';

export interface TestAppOptions {
  readonly imports: (Type | DynamicModule)[];
  readonly providers?: Provider[];
  readonly clock?: Clock;
  /** Take a database that exists, for example to boot a second time on the same data. */
  readonly database?: string;
  /** Which apps the catalog knows, where it is among the imports. Default: a sample of the shipped ones. */
  readonly catalog?: TestCatalog;
}

/** A booted application on a free port, on a Postgres database of its own. */
export interface TestApp {
  readonly url: string;
  readonly database: string;
  readonly app: NestFastifyApplication;
  get<T>(token: Type<T> | (abstract new (...args: never[]) => T) | string | symbol): T;
  close(): Promise<void>;
}

/** Boots service modules as a process would, with real HTTP and a real, empty database. */
export async function testApp(options: TestAppOptions): Promise<TestApp> {
  const database = options.database ?? (await createTestDatabase());
  provideSetting('DATABASE_URL', testPostgresUrl(database));
  provideSetting('CATALOG_FILE', catalogFile(options.catalog));

  @Module({ imports: [KernelModule, ContractRegistryModule, ...options.imports], providers: options.providers ?? [] })
  class TestRoot {}

  const app = await createHttpApp(TestRoot);
  if (options.clock) setClock(app.get(Clock), options.clock);
  const url = await listen(app, 0, '127.0.0.1');
  return {
    url,
    database,
    app,
    get: (token) => app.get(token as Type, { strict: false }),
    close: () => closeApp(app),
  };
}

/** The kernel's clock is injected everywhere already: it is told to ask another one. */
function setClock(injected: Clock, clock: Clock): void {
  injected.now = () => clock.now();
}
