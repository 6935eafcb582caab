import { Inject, Injectable } from '@nestjs/common';
import type { SettingsOf } from '#kernel';
import type { Tx } from '#database';
import { AppStore, appOf } from './app.store.js';
import type { AppFacts } from './domain/app-facts.js';
import { PolicySettings } from './policy.config.js';

/**
 * The global catalog in memory, brought up to date by what changed since it was last read. It is as large as the
 * catalog's table and holds nothing else.
 */
@Injectable()
export class CatalogSnapshot {
  private readonly apps = new Map<string, AppFacts>();
  private revision = 0n;

  constructor(
    private readonly store: AppStore,
    @Inject(PolicySettings.token) private readonly settings: SettingsOf<typeof PolicySettings>,
  ) {}

  /**
   * The global catalog as it is committed now. Only for a transaction that shares the catalog's lock: revisions are
   * given out under the exclusive one, so their order is the order of commits and none is passed over.
   */
  async read(tx: Tx): Promise<ReadonlyMap<string, AppFacts>> {
    const limit = this.settings.batchSize * 10;
    for (;;) {
      const rows = await this.store.globalAppsAfter(tx, this.revision, limit);
      for (const row of rows) {
        if (row.removed) this.apps.delete(row.app_id);
        else this.apps.set(row.app_id, appOf(row));
        const revision = BigInt(row.revision);
        if (revision > this.revision) this.revision = revision;
      }
      if (rows.length < limit) return this.apps;
    }
  }
}
