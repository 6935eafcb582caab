import { Inject, Injectable } from '@nestjs/common';
import type { SettingsOf } from '#kernel';
import type { Tx } from '#database';
import { AppStore, GLOBAL, type AppChange } from './app.store.js';
import { EvaluationService } from './evaluation.service.js';
import { PolicySettings } from './policy.config.js';
import { PolicyStore } from './policy.store.js';

/** An app that was seen for the first time in a tenant's traffic. */
export interface Discovery {
  readonly tenantId: string;
  readonly appId: string;
  readonly firstSeenAt: Date;
}

/** Follows the catalog and what is discovered, and has every tenant's policies look at what changed. */
@Injectable()
export class CatalogService {
  constructor(
    private readonly apps: AppStore,
    private readonly policies: PolicyStore,
    private readonly evaluation: EvaluationService,
    @Inject(PolicySettings.token) private readonly settings: SettingsOf<typeof PolicySettings>,
  ) {}

  /**
   * Changes in the order they happened. A global one concerns every tenant that has policies; so all evaluations wait,
   * whichever tenants these concern: taking the catalog's lock first shared and then alone would invite deadlocks.
   */
  async appsChanged(tx: Tx, changes: readonly AppChange[]): Promise<void> {
    const latest = [
      ...new Map(changes.map((change) => [`${change.tenantId}\0${change.facts.appId}`, change])).values(),
    ];
    await this.apps.lockCatalog(tx);
    for (const part of parts(latest, this.settings.batchSize)) await this.apps.writeApps(tx, part);
    const globalIds = latest.filter(({ tenantId }) => tenantId === GLOBAL).map(({ facts }) => facts.appId);
    for (const tenantId of await this.policies.tenantsWithEnabled(tx)) {
      const ownIds = latest.filter((change) => change.tenantId === tenantId).map(({ facts }) => facts.appId);
      const appIds = [...new Set([...globalIds, ...ownIds])];
      for (const part of parts(appIds, this.settings.batchSize)) await this.evaluation.appsChanged(tx, tenantId, part);
    }
  }

  async appsDiscovered(tx: Tx, discoveries: readonly Discovery[]): Promise<void> {
    const byTenant = new Map<string, Map<string, Date>>();
    for (const { tenantId, appId, firstSeenAt } of discoveries) {
      const ofTenant = byTenant.get(tenantId) ?? new Map<string, Date>();
      byTenant.set(tenantId, ofTenant.set(appId, firstSeenAt));
    }
    await this.apps.lockTenants(tx, byTenant.keys());
    for (const [tenantId, discovered] of byTenant) {
      await this.apps.writeDiscovered(tx, tenantId, discovered);
      await this.evaluation.appsChanged(tx, tenantId, [...discovered.keys()]);
    }
  }
}

function parts<T>(all: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += size) result.push(all.slice(at, at + size));
  return result;
}
