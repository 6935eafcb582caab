import { create, type DescMessage, type DescService } from '@bufbuild/protobuf';
import {
  AppCategory,
  AppChangedSchema,
  CatalogAdminService as CatalogAdminContract,
  CatalogSearchService as SearchContract,
  CatalogService as CatalogContract,
  CatalogWeightsService,
  CreateCustomAppRequestSchema,
  type AppChanged,
} from '#contracts';
import type { AppendedEvent, Database, Tx } from '#database';
import { Jobs, type EnqueueOptions, type JobKind } from '#jobs';
import { Health } from '#kernel';
import { systemContext, type CallContext, type RpcClient } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { AdminViews } from '../src/admin.views.js';
import { AssignmentService } from '../src/assignment.service.js';
import { AssignmentStore } from '../src/assignment.store.js';
import { CatalogAdminRpc } from '../src/catalog-admin.rpc.js';
import { AppSearchViews } from '../src/app-search.views.js';
import { CatalogSearchRpc } from '../src/catalog-search.rpc.js';
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
import { CatalogUpdates1795400000000 } from '../src/migrations/1795400000000-catalog-updates.js';
import { UpdateSettings } from '../src/update.config.js';
import { UpdateService } from '../src/update.service.js';
import { UpdateStore } from '../src/update.store.js';
import { CatalogAdmin1795380000000 } from '../src/migrations/1795380000000-admin.js';
import { NoteService } from '../src/note.service.js';
import { NoteStore } from '../src/note.store.js';
import { OverlayStore } from '../src/overlay.store.js';
import { SuggestionService } from '../src/suggestion.service.js';
import { SuggestionStore } from '../src/suggestion.store.js';
import { OverlayRecords } from '../src/overlay-records.js';
import { AppSearch1795390000000 } from '../src/migrations/1795390000000-app-search.js';
import { SavedQueryService } from '../src/saved-query.service.js';
import { SavedQueryStore } from '../src/saved-query.store.js';
import { ChangeRecorder } from '../src/change-recorder.js';
import { HistoryStore } from '../src/history.store.js';
import { HistoryViews } from '../src/history.views.js';
import { OwnWeights1795370000000 } from '../src/migrations/1795370000000-own-weights.js';
import { AppHistory1795371000000 } from '../src/migrations/1795371000000-app-history.js';
import { TenantRecords } from '../src/tenant-records.js';
import { WeightsHandlers } from '../src/weights.handlers.js';
import { WeightsRpc } from '../src/weights.rpc.js';
import { WeightsService } from '../src/weights.service.js';
import { WeightsStore } from '../src/weights.store.js';
import { WeightsViews } from '../src/weights.views.js';

const MIGRATIONS = [
  InitCatalog1700000000000,
  OwnWeights1795370000000,
  AppHistory1795371000000,
  CatalogAdmin1795380000000,
  AppSearch1795390000000,
  CatalogUpdates1795400000000,
];

/** An event that was committed. */
export interface Announced {
  readonly tenantId: string;
  readonly event: AppChanged;
}

/** The catalog service on a database of its own, without the event log: what it appends is kept here. */
export class CatalogWorld {
  readonly clock = new FakeClock();
  readonly rpc: RpcClient<typeof CatalogContract>;
  readonly admin: RpcClient<typeof CatalogAdminContract>;
  readonly imports: ImportService;
  readonly search: RpcClient<typeof SearchContract>;
  readonly weights: RpcClient<typeof CatalogWeightsService>;
  readonly weightsService: WeightsService;
  /** What runs on schedules and as jobs, to be run by hand. */
  readonly handlers: WeightsHandlers;
  readonly jobs = new FakeJobs();
  private announced: Announced[] = [];
  private readonly settings: CatalogSettings;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    this.settings = CatalogSettings.load(environment);
    const [store, weights, history] = [new CatalogStore(), new WeightsStore(), new HistoryStore()];
    const [overlays, notes] = [new OverlayStore(), new NoteStore()];
    const records = new TenantRecords(store, weights, overlays);
    const own = new OverlayRecords(records, overlays, this.clock);
    const service = new CatalogService(database, this.settings, store, weights, records, overlays, notes, this.clock);
    const views = new CatalogViews(database);
    this.rpc = completed(CatalogContract, new CatalogRpc(service, views));
    this.weightsService = new WeightsService(database, store, weights, new LoadStore(), records, this.jobs, this.clock);
    const rpc = new WeightsRpc(this.weightsService, new WeightsViews(database), new HistoryViews(database));
    this.weights = completed(CatalogWeightsService, rpc);
    this.handlers = new WeightsHandlers(this.weightsService, service, history, database, this.clock);
    new ChangeRecorder(database, history, this.clock);
    const customApps = new CustomAppService(database, store, overlays, records, this.clock);
    this.imports = new ImportService(
      database,
      this.settings,
      store,
      new ImportStore(),
      customApps,
      overlays,
      records,
      notes,
      this.clock,
    );
    this.admin = completed(
      CatalogAdminContract,
      new CatalogAdminRpc(
        customApps,
        this.imports,
        new NoteService(database, store, notes, this.clock),
        new LabelService(database, store, new LabelStore(), own, this.clock),
        new AssignmentService(database, store, new AssignmentStore(), own, views, this.clock),
        new SuggestionService(database, store, new SuggestionStore(), this.clock),
        new AdminViews(database, views),
      ),
    );
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
    return new CatalogWorld(await testDatabase('catalog', MIGRATIONS), environment);
  }

  /** A loader as an instance of its own would have it. */
  loader(environment?: NodeJS.ProcessEnv): LoadService {
    const [store, weights] = [new CatalogStore(), new WeightsStore()];
    return new LoadService(
      environment ? CatalogSettings.load(environment) : this.settings,
      this.database,
      store,
      new LoadStore(),
      new UpdateStore(),
      new TenantRecords(store, weights, new OverlayStore()),
      weights,
      this.clock,
      new Health(),
    );
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

/** Keeps what is put in line, to be done by hand. */
export class FakeJobs extends Jobs {
  readonly waiting: { readonly name: string; readonly data: unknown; readonly key: string }[] = [];

  async enqueue<Data>({ name }: JobKind<Data>, data: Data, { key }: EnqueueOptions): Promise<void> {
    this.waiting.push({ name, data, key });
    return Promise.resolve();
  }

  counts() {
    return Promise.resolve({ waiting: this.waiting.length, delayed: 0, active: 0, failed: 0 });
  }
}

/** Makes requests and answers complete messages, as the binding does. */
function completed<S extends DescService>(contract: S, rpc: object): RpcClient<S> {
  const handlers = rpc as Record<string, (request: unknown, context: CallContext) => Promise<unknown>>;
  const methods = contract.methods.map(({ localName, input, output }) => [
    localName,
    async (request: object, context: CallContext) =>
      message(output, (await handlers[localName]?.(message(input, request), context)) as object),
  ]);
  return Object.fromEntries(methods) as RpcClient<S>;
}

const message = (schema: DescMessage, init: object) => create(schema, init as never);
