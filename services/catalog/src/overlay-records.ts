import { Injectable } from '@nestjs/common';
import { AppChangeCause, type App } from '#contracts';
import type { Tx } from '#database';
import { Clock } from '#kernel';
import { appSeen, type AppRow } from './app-rows.js';
import { OverlayStore } from './overlay.store.js';
import { TenantRecords } from './tenant-records.js';

/** Tells the other services how a tenant sees apps once it laid something else over them. */
@Injectable()
export class OverlayRecords {
  constructor(
    private readonly records: TenantRecords,
    private readonly overlays: OverlayStore,
    private readonly clock: Clock,
  ) {}

  /** The apps of these ids that the tenant sees; nobody changes them until the end of the transaction. */
  keep(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<AppRow[]> {
    return this.overlays.keepVisible(tx, tenantId, appIds);
  }

  /**
   * Puts together anew what the tenant lays over these apps, and announces its record of each. A global app over which
   * nothing is laid any more is as everybody sees it: the tenant's record goes.
   */
  async refresh(tx: Tx, tenantId: string, rows: readonly AppRow[]): Promise<App[]> {
    const before = await this.records.seenAll(tx, tenantId, rows);
    const ids = rows.map((row) => row.app_id);
    await this.overlays.refresh(tx, tenantId, ids, this.clock.now());
    const overlays = await this.overlays.of(tx, tenantId, ids);
    return [...before].map(([id, was]) => {
      const after = { ...was, overlay: overlays.get(id) };
      this.records.announce(tx, tenantId, { before: was, after }, { cause: AppChangeCause.OVERLAID, detail: '' });
      return appSeen(after);
    });
  }
}
