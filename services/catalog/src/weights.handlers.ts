import { Inject, Injectable } from '@nestjs/common';
import { Database, type Tx } from '#database';
import { DoesJob, Every } from '#jobs';
import { Clock } from '#kernel';
import { CatalogService } from './catalog.service.js';
import { HistoryStore } from './history.store.js';
import { RescoreCatalog, WeightsService } from './weights.service.js';

const DAY_MS = 86_400_000;
/** How long a score that moved is remembered, and how many moves of an app at most. */
const HISTORY_DAYS = 2 * 365;
const HISTORY_PER_APP = 200;
/** How long the change feed goes back, and how many changes it has of a tenant at most. */
const FEED_DAYS = 180;
const FEED_PER_TENANT = 100_000;
const ROWS_AT_ONCE = 5_000;
const APPS_AT_ONCE = 500;
const OVERRIDES_AT_ONCE = 200;
/** What one run does at most; the next one goes on. */
const MAX_STEPS = 200;

/** What the catalog does beside requests: it scores by tenants' weights, and lets go what has had its time. */
@Injectable()
export class WeightsHandlers {
  constructor(
    private readonly weights: WeightsService,
    private readonly catalog: CatalogService,
    private readonly history: HistoryStore,
    @Inject(Database) private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  @DoesJob(RescoreCatalog)
  async rescoreCatalog({ tenantId, version }: { tenantId: string; version: string }): Promise<void> {
    await this.weights.run(tenantId, version);
  }

  @Every('go-on-rescoring', { everyMs: 60_000 })
  async goOnRescoring(): Promise<void> {
    await this.weights.goOn();
  }

  @Every('expire-score-overrides', { everyMs: 60_000 })
  async expireScoreOverrides(): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      if ((await this.catalog.expireOverrides(OVERRIDES_AT_ONCE)) < OVERRIDES_AT_ONCE) return;
    }
  }

  @Every('remove-old-catalog-history', { everyMs: 6 * 3_600_000 })
  async removeOldHistory(): Promise<void> {
    await this.removeBefore('score_history', HISTORY_DAYS);
    await this.removeBefore('app_change', FEED_DAYS);
    await this.inSteps(APPS_AT_ONCE, (tx, apps) => this.history.removeSurplusScores(tx, HISTORY_PER_APP, apps));
    const crowded = await this.database.transaction((tx) => this.history.crowdedFeeds(tx, FEED_PER_TENANT));
    for (const tenantId of crowded) {
      await this.inSteps(ROWS_AT_ONCE, (tx, rows) =>
        this.history.removeSurplusChanges(tx, tenantId, FEED_PER_TENANT, rows),
      );
    }
  }

  private async removeBefore(table: 'score_history' | 'app_change', days: number): Promise<void> {
    const before = new Date(this.clock.now().getTime() - days * DAY_MS);
    await this.inSteps(ROWS_AT_ONCE, (tx, rows) => this.history.removeBefore(tx, table, before, rows));
  }

  /** Does so much at a time, each in a transaction of its own, until less than that is left. */
  private async inSteps(size: number, work: (tx: Tx, size: number) => Promise<number>): Promise<void> {
    for (let step = 0; step < MAX_STEPS; step++) {
      if ((await this.database.transaction((tx) => work(tx, size))) < size) return;
    }
  }
}
