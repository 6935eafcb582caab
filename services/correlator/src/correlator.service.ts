import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import { AlertStore } from './alert.store.js';
import { CorrelationService } from './correlation.service.js';
import { DetectionService } from './detection.service.js';
import type { Sighting } from './domain/sighting.js';

/** Something that was seen in a tenant. */
export interface TenantSighting {
  readonly tenantId: string;
  readonly sighting: Sighting;
}

/** From what was seen to alerts and incidents, in one transaction. */
@Injectable()
export class CorrelatorService {
  constructor(
    private readonly alerts: AlertStore,
    private readonly detection: DetectionService,
    private readonly correlation: CorrelationService,
  ) {}

  async seen(tx: Tx, seen: readonly TenantSighting[]): Promise<void> {
    const byTenant = new Map<string, Sighting[]>();
    for (const { tenantId, sighting } of seen) {
      const ofTenant = byTenant.get(tenantId);
      if (ofTenant) ofTenant.push(sighting);
      else byTenant.set(tenantId, [sighting]);
    }
    await this.alerts.lockTenants(tx, byTenant.keys());
    for (const [tenantId, sightings] of byTenant) {
      await this.correlation.raise(tx, tenantId, await this.detection.detect(tx, tenantId, sightings));
    }
  }
}
