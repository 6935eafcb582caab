import { create, type DescMessage, type DescService } from '@bufbuild/protobuf';
import {
  AppCategory,
  AppChangedSchema,
  CatalogSearchService as SearchContract,
  CatalogService as CatalogContract,
  CreateCustomAppRequestSchema,
  type AppChanged,
} from '#contracts';
import type { AppendedEvent, Database, Tx } from '#database';
import { Health } from '#kernel';
import { systemContext, type CallContext, type RpcClient } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { AppSearchViews } from '../src/app-search.views.js';
import { CatalogSearchRpc } from '../src/catalog-search.rpc.js';
import { CatalogSettings } from '../src/catalog.config.js';
import { CatalogRpc } from '../src/catalog.rpc.js';
import { CatalogService } from '../src/catalog.service.js';
import { CatalogStore } from '../src/catalog.store.js';
import { CatalogViews } from '../src/catalog.views.js';
import { LoadService } from '../src/load.service.js';
import { LoadStore } from '../src/load.store.js';
import { InitCatalog1700000000000 } from '../src/migrations/1700000000000-init.js';
import { AppSearch1795390000000 } from '../src/migrations/1795390000000-app-search.js';
import { SavedQueryService } from '../src/saved-query.service.js';
import { SavedQueryStore } from '../src/saved-query.store.js';

/** An event that was committed. */
export interface Announced {
  readonly tenantId: string;
  readonly event: AppChanged;
}

/** The catalog service on a database of its own, without the event log: what it appends is kept here. */
export class CatalogWorld {
  readonly clock = new FakeClock();
  readonly rpc: RpcClient<typeof CatalogContract>;
  readonly search: RpcClient<typeof SearchContract>;
  private announced: Announced[] = [];
  private readonly settings: CatalogSettings;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    this.settings = CatalogSettings.load(environment);
    const service = new CatalogService(database, this.settings, new CatalogStore(), this.clock);
    const views = new CatalogViews(database);
    this.rpc = completed(CatalogContract, new CatalogRpc(service, views));
    const saved = new SavedQueryService(database, this.settings, new SavedQueryStore(database), this.clock);
    this.search = completed(SearchContract, new CatalogSearchRpc(new AppSearchViews(database, views), saved));
    database.onBeforeCommit(async (tx: Tx, appended: readonly AppendedEvent[]) => {
      const events = appended.filter(({ schema }) => schema.typeName === AppChangedSchema.typeName);
      tx.afterCommit(() => {
        for (const { tenantId, message } of events) this.announced.push({ tenantId, event: message as AppChanged });
      });
    });
  }

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<CatalogWorld> {
    return new CatalogWorld(
      await testDatabase('catalog', [InitCatalog1700000000000, AppSearch1795390000000]),
      environment,
    );
  }

  /** A loader as an instance of its own would have it. */
  loader(): LoadService {
    return new LoadService(this.settings, this.database, new CatalogStore(), new LoadStore(), this.clock, new Health());
  }

  /** What was announced since this was last asked. */
  events(): Announced[] {
    const events = this.announced;
    this.announced = [];
    return events;
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

export const tenant = (id: string): CallContext => systemContext(id, 'test');

/** A request for a custom app that is right. */
export const customApp = (more: object = {}) =>
  create(CreateCustomAppRequestSchema, {
    name: 'Payroll Helper',
    category: AppCategory.HUMAN_RESOURCE_MANAGEMENT,
    domains: ['payroll.example.org'],
    ...more,
  });

/** The text of a catalog file of these apps. */
export function fileOf(version: string, ...apps: object[]): string {
  const header = { format: 1, version, sources: { list: { name: 'a list', observedOn: '2026-01-01' } } };
  return [header, ...apps].map((line) => JSON.stringify(line)).join('\n');
}

/** Makes requests and answers complete messages, as the binding does. */
function completed<C extends DescService>(contract: C, rpc: object): RpcClient<C> {
  const handlers = rpc as unknown as Record<string, (request: unknown, context: CallContext) => Promise<unknown>>;
  const methods = contract.methods.map(({ localName, input, output }) => [
    localName,
    async (request: object, context: CallContext) =>
      message(output, (await handlers[localName]?.(message(input, request), context)) as object),
  ]);
  return Object.fromEntries(methods) as RpcClient<C>;
}

const message = (schema: DescMessage, init: object) => create(schema, init as never);
