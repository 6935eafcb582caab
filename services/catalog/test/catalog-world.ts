import { create, type DescMessage, type DescService } from '@bufbuild/protobuf';
import {
  AppCategory,
  AppChangedSchema,
  CatalogAdminService as CatalogAdminContract,
  CatalogService as CatalogContract,
  CreateCustomAppRequestSchema,
  type AppChanged,
} from '#contracts';
import type { AppendedEvent, Database, Tx } from '#database';
import { Health } from '#kernel';
import { systemContext, type CallContext, type RpcClient } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { AdminViews } from '../src/admin.views.js';
import { AssignmentService } from '../src/assignment.service.js';
import { AssignmentStore } from '../src/assignment.store.js';
import { CatalogAdminRpc } from '../src/catalog-admin.rpc.js';
import { CatalogSettings } from '../src/catalog.config.js';
import { CatalogRpc } from '../src/catalog.rpc.js';
import { CatalogService } from '../src/catalog.service.js';
import { CatalogStore } from '../src/catalog.store.js';
import { CatalogViews } from '../src/catalog.views.js';
import { CustomAppService } from '../src/custom-app.service.js';
import { ImportService } from '../src/import.service.js';
import { ImportStore } from '../src/import.store.js';
import { LabelService } from '../src/label.service.js';
import { LabelStore } from '../src/label.store.js';
import { LoadService } from '../src/load.service.js';
import { LoadStore } from '../src/load.store.js';
import { InitCatalog1700000000000 } from '../src/migrations/1700000000000-init.js';
import { CatalogAdmin1795380000000 } from '../src/migrations/1795380000000-admin.js';
import { NoteService } from '../src/note.service.js';
import { NoteStore } from '../src/note.store.js';
import { OverlayStore } from '../src/overlay.store.js';
import { SuggestionService } from '../src/suggestion.service.js';
import { SuggestionStore } from '../src/suggestion.store.js';
import { OverlayRecords } from '../src/overlay-records.js';

/** An event that was committed. */
export interface Announced {
  readonly tenantId: string;
  readonly event: AppChanged;
}

const MIGRATIONS = [InitCatalog1700000000000, CatalogAdmin1795380000000];

/** The catalog service on a database of its own, without the event log: what it appends is kept here. */
export class CatalogWorld {
  readonly clock = new FakeClock();
  readonly rpc: RpcClient<typeof CatalogContract>;
  readonly admin: RpcClient<typeof CatalogAdminContract>;
  readonly imports: ImportService;
  private announced: Announced[] = [];
  private readonly settings: CatalogSettings;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    this.settings = CatalogSettings.load(environment);
    const store = new CatalogStore();
    const overlays = new OverlayStore();
    const records = new OverlayRecords(store, overlays, this.clock);
    const notes = new NoteStore();
    const service = new CatalogService(database, this.settings, store, overlays, records, notes, this.clock);
    const views = new CatalogViews(database);
    this.rpc = completed(CatalogContract, new CatalogRpc(service, views));
    const customApps = new CustomAppService(database, store, overlays, records, this.clock);
    this.imports = new ImportService(
      database,
      this.settings,
      store,
      new ImportStore(),
      customApps,
      overlays,
      notes,
      this.clock,
    );
    this.admin = completed(
      CatalogAdminContract,
      new CatalogAdminRpc(
        customApps,
        this.imports,
        new NoteService(database, store, notes, this.clock),
        new LabelService(database, store, new LabelStore(), records, this.clock),
        new AssignmentService(database, store, new AssignmentStore(), records, views, this.clock),
        new SuggestionService(database, store, new SuggestionStore(), this.clock),
        new AdminViews(database, views),
      ),
    );
    database.onBeforeCommit(async (tx: Tx, appended: readonly AppendedEvent[]) => {
      const events = appended.filter(({ schema }) => schema.typeName === AppChangedSchema.typeName);
      tx.afterCommit(() => {
        for (const { tenantId, message } of events) this.announced.push({ tenantId, event: message as AppChanged });
      });
    });
  }

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<CatalogWorld> {
    return new CatalogWorld(await testDatabase('catalog', MIGRATIONS), environment);
  }

  /** A loader as an instance of its own would have it. */
  loader(): LoadService {
    return new LoadService(
      this.settings,
      this.database,
      new CatalogStore(),
      new LoadStore(),
      new OverlayStore(),
      this.clock,
      new Health(),
    );
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
function completed<S extends DescService>(contract: S, rpc: object): RpcClient<S> {
  const handlers = rpc as unknown as Record<string, (request: unknown, context: CallContext) => Promise<unknown>>;
  const methods = contract.methods.map(({ localName, input, output }) => [
    localName,
    async (request: object, context: CallContext) =>
      message(output, (await handlers[localName]?.(message(input, request), context)) as object),
  ]);
  return Object.fromEntries(methods) as RpcClient<S>;
}

const message = (schema: DescMessage, init: object) => create(schema, init as never);
