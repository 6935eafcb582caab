import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AppChangeCause, AppChangedSchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, Health } from '#kernel';
import { appOf, recordOf, type AppRow } from './app-rows.js';
import { CatalogSettings } from './catalog.config.js';
import { CatalogStore } from './catalog.store.js';
import { appChanged, appRemoved, type Cause } from './domain/app-change.js';
import { changesOf } from './domain/app-diff.js';
import type { ScoredApp } from './domain/app-record.js';
import { parseCatalogFile, type CatalogFile } from './domain/catalog-file.js';
import { factors } from './domain/factors/registry.js';
import { scored } from './domain/scored-app.js';
import { LoadStore } from './load.store.js';
import { TenantRecords } from './tenant-records.js';
import { WeightsStore } from './weights.store.js';

const SHIPPED = new URL('../data/apps.jsonl', import.meta.url);
/** Apps a transaction: keeps each short, and the events of one append few. */
const STEP = 200;

/** What a load did. */
export interface LoadResult {
  readonly version: string;
  readonly changed: number;
  readonly removed: number;
}

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
    const path = this.settings.file || fileURLToPath(SHIPPED);
    const { version, changed, removed } = await this.load(await readFile(path, 'utf8'));
    this.loaded = true;
    this.logger.log(`Catalog ${version}: ${changed} apps changed, ${removed} removed.`);
  }

  /**
   * Loads the text of a catalog file: apps that changed are written and announced, those that are gone are removed. It
   * may be interrupted and repeated, and run by several instances at once. A file that is older than the loaded one is
   * left alone; lines that are wrong are logged, and then nothing is removed.
   */
  async load(text: string): Promise<LoadResult> {
    const contentHash = createHash('sha256').update(text).update(JSON.stringify(factors)).digest('hex');
    const loaded = await this.database.transaction((tx) => this.loads.loaded(tx));
    if (loaded?.content_hash === contentHash) return { version: loaded.version, changed: 0, removed: 0 };
    const file = parseCatalogFile(text);
    for (const problem of file.problems) this.logger.error(`Catalog file: ${problem.message}`);
    if (loaded && file.version < loaded.version) {
      this.logger.warn(`Catalog ${file.version} is older than ${loaded.version}, which stays.`);
      return { version: loaded.version, changed: 0, removed: 0 };
    }
    // How an installation begins is no change of anything.
    const cause = loaded ? AppChangeCause.CATALOG_FILE : AppChangeCause.FIRST_LOAD;
    return this.apply(file, contentHash, { cause, detail: file.version });
  }

  private async apply(file: CatalogFile, contentHash: string, cause: Cause): Promise<LoadResult> {
    let changed = 0;
    for (let from = 0; from < file.apps.length; from += STEP) {
      const step = file.apps.slice(from, from + STEP).map(scored);
      changed += await this.database.transaction((tx) => this.writeStep(tx, step, cause));
    }
    if (file.problems.length > 0) return { version: file.version, changed, removed: 0 };
    const ids = file.apps.map((app) => app.id);
    let removed = 0;
    for (let gone = STEP; gone === STEP; removed += gone) {
      gone = await this.database.transaction((tx) => this.removeStep(tx, ids, cause));
    }
    await this.database.transaction(async (tx) => {
      await this.loads.lock(tx);
      await this.loads.markLoaded(tx, file.version, contentHash, this.clock.now());
      if (cause.cause !== AppChangeCause.FIRST_LOAD) await this.weights.restartAll(tx);
    });
    return { version: file.version, changed, removed };
  }

  private async writeStep(tx: Tx, apps: readonly ScoredApp[], cause: Cause): Promise<number> {
    await this.loads.lock(tx);
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

  private async removeStep(tx: Tx, ids: readonly string[], cause: Cause): Promise<number> {
    await this.loads.lock(tx);
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
