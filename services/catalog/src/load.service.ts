import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AppChangeCause, AppChangedSchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, Health } from '#kernel';
import { appOf, recordOf, type AppRow } from './app-rows.js';
import { CatalogSettings } from './catalog.config.js';
import { catalogRolledBack } from './update.errors.js';
import { CatalogStore } from './catalog.store.js';
import { appChanged, appRemoved, type Cause } from './domain/app-change.js';
import { changesOf } from './domain/app-diff.js';
import type { ScoredApp } from './domain/app-record.js';
import { CatalogReader, type FileProblem } from './domain/catalog-file.js';
import { factors } from './domain/factors/registry.js';
import { scored } from './domain/scored-app.js';
import { LoadStore } from './load.store.js';
import { TenantRecords } from './tenant-records.js';
import { WeightsStore } from './weights.store.js';
import { UpdateStore, type VersionRow } from './update.store.js';

const SHIPPED = new URL('../data/apps.jsonl', import.meta.url);
/** Apps a transaction: keeps each short, and the events of one append few. */
const STEP = 200;
const compress = promisify(gzip);

/** What every step of a load is told. */
interface Load {
  readonly cause: Cause;
  /** Begins a step: takes the lock, and makes sure that the load may go on. */
  readonly begin: (tx: Tx) => Promise<void>;
}

/** What a load did. */
export interface LoadResult {
  readonly version: string;
  readonly changed: number;
  readonly removed: number;
}

/** How a catalog file is loaded. */
export interface LoadOptions {
  /** Where it comes from: the name of an update file. Default: shipped. */
  readonly source?: string;
  /** Whether it is loaded although it is older than the loaded one, or than one that was rolled back. */
  readonly forced?: boolean;
}

/** The source of a catalog that came with the product. */
export const SHIPPED_SOURCE = 'shipped';

/** Brings the catalog file into the database at start. An unchanged file costs one query. */
@Injectable()
export class LoadService implements OnApplicationBootstrap {
  private readonly logger = new Logger(LoadService.name);
  private loaded = false;

  constructor(
    @Inject(CatalogSettings.token) private readonly settings: CatalogSettings,
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly loads: LoadStore,
    private readonly updates: UpdateStore,
    private readonly records: TenantRecords,
    private readonly weights: WeightsStore,
    private readonly clock: Clock,
    health: Health,
  ) {
    health.register('catalog:file', () =>
      this.loaded ? { ready: true } : { ready: false, reason: 'the catalog file is being loaded' },
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    const { version, changed, removed } = await this.load(await this.shipped());
    this.loaded = true;
    this.logger.log(`Catalog ${version}: ${changed} apps changed, ${removed} removed.`);
  }

  /** Whether the catalog file was loaded since the start. */
  get isLoaded(): boolean {
    return this.loaded;
  }

  /** The text of the catalog file that came with the product, or that the settings name. */
  shipped(): Promise<string> {
    return readFile(this.settings.file || fileURLToPath(SHIPPED), 'utf8');
  }

  /**
   * Loads the text of a catalog file: apps that changed are written and announced, those that are gone are removed. It
   * may be interrupted and repeated, and run by several instances at once. A file that is older than the loaded one is
   * left alone, as is one up to a version that was rolled back; lines that are wrong are logged, and then nothing is
   * removed.
   */
  async load(text: string, options: LoadOptions = {}): Promise<LoadResult> {
    const contentHash = createHash('sha256').update(text).update(JSON.stringify(factors)).digest('hex');
    const { loaded, barrier } = await this.database.transaction(async (tx) => ({
      loaded: await this.loads.loaded(tx),
      barrier: await this.updates.barrier(tx),
    }));
    if (loaded?.content_hash === contentHash) return { version: loaded.version, changed: 0, removed: 0 };
    const file = new CatalogReader(text);
    if (file.version === '') {
      this.say(file.problems);
      return { version: loaded?.version ?? '', changed: 0, removed: 0 };
    }
    const forced = options.forced === true || file.version === loaded?.version;
    if (loaded && !forced && (file.version < loaded.version || file.version <= barrier)) {
      const why = file.version < loaded.version ? `is older than ${loaded.version}` : `was rolled back (${barrier})`;
      this.logger.warn(`Catalog ${file.version} ${why}; ${loaded.version} stays.`);
      return { version: loaded.version, changed: 0, removed: 0 };
    }
    const { source = SHIPPED_SOURCE } = options;
    const kept = { version: file.version, source, body: await compress(text) };
    // How an installation begins is no change of anything.
    const kind = loaded ? AppChangeCause.CATALOG_FILE : AppChangeCause.FIRST_LOAD;
    const cause = { cause: kind, detail: file.version };
    return this.apply(file, contentHash, kept, { cause, begin: (tx) => this.begin(tx, file.version, forced) });
  }

  private say(problems: readonly FileProblem[]): void {
    for (const problem of problems) this.logger.error(`Catalog file: ${problem.message}`);
  }

  /** @throws DomainError `catalog.rolled-back` where the version was rolled back while it was being loaded */
  private async begin(tx: Tx, version: string, forced: boolean): Promise<void> {
    await this.loads.lock(tx);
    if (!forced && version <= (await this.updates.barrier(tx))) throw catalogRolledBack(version);
  }

  private async apply(file: CatalogReader, contentHash: string, kept: VersionRow, load: Load): Promise<LoadResult> {
    const ids: string[] = [];
    let changed = 0;
    for (const step of inSteps(file.apps(), STEP)) {
      ids.push(...step.map((app) => app.id));
      changed += await this.database.transaction((tx) => this.writeStep(tx, step.map(scored), load));
    }
    this.say(file.problems);
    if (file.problems.length > 0) return { version: file.version, changed, removed: 0 };
    let removed = 0;
    for (let gone = STEP; gone === STEP; removed += gone) {
      gone = await this.database.transaction((tx) => this.removeStep(tx, ids, load));
    }
    await this.database.transaction(async (tx) => {
      await load.begin(tx);
      await this.loads.markLoaded(tx, { ...kept, contentHash }, this.clock.now());
      await this.updates.keep(tx, kept, this.clock.now());
      if (load.cause.cause !== AppChangeCause.FIRST_LOAD) await this.weights.restartAll(tx);
    });
    return { version: file.version, changed, removed };
  }

  private async writeStep(tx: Tx, apps: readonly ScoredApp[], { cause, begin }: Load): Promise<number> {
    await begin(tx);
    const before = await this.store.lock(
      tx,
      '',
      apps.map((app) => app.id),
    );
    const changed = apps.filter((app) => changesOf(recordBefore(before, app.id), app).length > 0);
    if (changed.length === 0) return 0;
    const now = this.clock.now();
    const rows = await this.store.write(tx, '', changed, now);
    for (const row of rows) {
      const states = { before: recordBefore(before, row.app_id), after: recordOf(row), app: appOf(row) };
      tx.append(AppChangedSchema, appChanged(states, cause), { tenantId: '' });
    }
    await this.records.globalAppsChanged(tx, { before, rows }, cause, now);
    return changed.length;
  }

  private async removeStep(tx: Tx, ids: readonly string[], { cause, begin }: Load): Promise<number> {
    await begin(tx);
    const gone = await this.loads.globalAppsBeside(tx, ids, STEP);
    const rows = await this.store.delete(tx, '', gone);
    for (const row of rows) {
      tx.append(AppChangedSchema, appRemoved({ before: recordOf(row), app: appOf(row) }, cause), { tenantId: '' });
    }
    await this.records.globalAppsRemoved(tx, rows, cause);
    return rows.length;
  }
}

function recordBefore(before: ReadonlyMap<string, AppRow>, id: string): ScoredApp | undefined {
  const row = before.get(id);
  return row && recordOf(row);
}

function* inSteps<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let step: T[] = [];
  for (const item of items) {
    step.push(item);
    if (step.length < size) continue;
    yield step;
    step = [];
  }
  if (step.length > 0) yield step;
}
