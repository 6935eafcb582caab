import { create, type DescMessage } from '@bufbuild/protobuf';
import {
  AppCategory,
  AppChangedSchema,
  CatalogService as CatalogContract,
  CreateCustomAppRequestSchema,
  type AppChanged,
} from '#contracts';
import type { AppendedEvent, Database, Tx } from '#database';
import { Health } from '#kernel';
import { systemContext, type CallContext, type RpcClient } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { CatalogSettings } from '../src/catalog.config.js';
import { CatalogRpc } from '../src/catalog.rpc.js';
import { CatalogService } from '../src/catalog.service.js';
import { CatalogStore } from '../src/catalog.store.js';
import { CatalogViews } from '../src/catalog.views.js';
import { LoadService } from '../src/load.service.js';
import { LoadStore } from '../src/load.store.js';
import { InitCatalog1700000000000 } from '../src/migrations/1700000000000-init.js';
import { CatalogUpdates1795400000000 } from '../src/migrations/1795400000000-catalog-updates.js';
import { UpdateSettings } from '../src/update.config.js';
import { UpdateService } from '../src/update.service.js';
import { UpdateStore } from '../src/update.store.js';

/** An event that was committed. */
export interface Announced {
  readonly tenantId: string;
  readonly event: AppChanged;
}

/** The catalog service on a database of its own, without the event log: what it appends is kept here. */
export class CatalogWorld {
  readonly clock = new FakeClock();
  readonly rpc: RpcClient<typeof CatalogContract>;
  private announced: Announced[] = [];
  private readonly settings: CatalogSettings;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    this.settings = CatalogSettings.load(environment);
    const service = new CatalogService(database, this.settings, new CatalogStore(), this.clock);
    this.rpc = completed(new CatalogRpc(service, new CatalogViews(database)));
    database.onBeforeCommit(async (tx: Tx, appended: readonly AppendedEvent[]) => {
      const events = appended.filter(({ schema }) => schema.typeName === AppChangedSchema.typeName);
      tx.afterCommit(() => {
        for (const { tenantId, message } of events) this.announced.push({ tenantId, event: message as AppChanged });
      });
    });
  }

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<CatalogWorld> {
    return new CatalogWorld(
      await testDatabase('catalog', [InitCatalog1700000000000, CatalogUpdates1795400000000]),
      environment,
    );
  }

  /** A loader as an instance of its own would have it. */
  loader(environment?: NodeJS.ProcessEnv): LoadService {
    const settings = environment ? CatalogSettings.load(environment) : this.settings;
    const [store, loads, updates] = [new CatalogStore(), new LoadStore(), new UpdateStore()];
    return new LoadService(settings, this.database, store, loads, updates, this.clock, new Health());
  }

  /** What an instance does with a folder of updates. */
  updates(environment: NodeJS.ProcessEnv, loader = this.loader()): UpdateService {
    const settings = UpdateSettings.load(environment);
    return new UpdateService(settings, this.database, new UpdateStore(), new LoadStore(), loader, this.clock);
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
function completed(rpc: CatalogRpc): RpcClient<typeof CatalogContract> {
  const handlers = rpc as unknown as Record<string, (request: unknown, context: CallContext) => Promise<unknown>>;
  const methods = CatalogContract.methods.map(({ localName, input, output }) => [
    localName,
    async (request: object, context: CallContext) =>
      message(output, (await handlers[localName]?.(message(input, request), context)) as object),
  ]);
  return Object.fromEntries(methods) as RpcClient<typeof CatalogContract>;
}

const message = (schema: DescMessage, init: object) => create(schema, init as never);
