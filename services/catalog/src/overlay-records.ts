import { Injectable } from '@nestjs/common';
import { AppChangedSchema, AppChangeKind, type App } from '#contracts';
import type { Tx } from '#database';
import { Clock } from '#kernel';
import { overriddenApp, type AppRow } from './app-rows.js';
import { CatalogStore } from './catalog.store.js';
import { withOverlay } from './domain/overlay.js';
import { OverlayStore } from './overlay.store.js';

/** Tells the other services how a tenant sees apps once it laid something else over them. */
@Injectable()
export class OverlayRecords {
  constructor(
    private readonly store: CatalogStore,
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
  async refresh(tx: Tx, tenantId: string, rows: readonly AppRow[], change: AppChangeKind): Promise<App[]> {
    const ids = rows.map((row) => row.app_id);
    const before = await this.overlays.of(tx, tenantId, ids);
    await this.overlays.refresh(tx, tenantId, ids, this.clock.now());
    const after = await this.overlays.of(tx, tenantId, ids);
    const overrides = (await this.store.overridesOf(tx, ids)).filter((each) => each.tenant_id === tenantId);
    const apps: App[] = [];
    for (const row of rows) {
      const override = overrides.find((each) => each.app_id === row.app_id);
      const plain = overriddenApp(row, override);
      const app = withOverlay(plain, after.get(row.app_id));
      const removed = row.tenant_id === '' && !override && !after.has(row.app_id);
      const told = removed ? withOverlay(plain, before.get(row.app_id)) : app;
      const event = { appId: row.app_id, app: told, changes: [change], previousScore: app.score, removed };
      tx.append(AppChangedSchema, event, { tenantId });
      apps.push(app);
    }
    return apps;
  }

  /** The app as the tenant sees it, with what it laid over it. */
  async overlaid(tx: Tx, tenantId: string, app: App): Promise<App> {
    return withOverlay(app, (await this.overlays.of(tx, tenantId, [app.id])).get(app.id));
  }
}
