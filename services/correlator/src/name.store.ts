import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';

export interface AppName {
  /** Empty for the global catalog. */
  readonly tenantId: string;
  readonly appId: string;
  readonly name: string;
  readonly generativeAi: boolean;
  readonly removed: boolean;
}

export interface DeviceName {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly name: string;
}

/** This service's own snapshot of what apps and devices are called. */
@Injectable()
export class NameStore {
  /** The last word about each app counts. A removed tenant's record makes way for the global one. */
  async writeApps(tx: Tx, apps: readonly AppName[]): Promise<void> {
    const latest = [...new Map(apps.map((app) => [`${app.tenantId}\0${app.appId}`, app])).values()];
    // A global app that was removed keeps its name: alerts about it remain.
    const written = latest.filter(({ tenantId, removed }) => tenantId === '' || !removed);
    const removed = latest.filter(({ tenantId, removed }) => tenantId !== '' && removed);
    await tx.query(
      `INSERT INTO app (tenant_id, app_id, name, generative_ai)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[])
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET name = excluded.name, generative_ai = excluded.generative_ai`,
      [
        written.map((app) => app.tenantId),
        written.map((app) => app.appId),
        written.map((app) => app.name),
        written.map((app) => app.generativeAi),
      ],
    );
    if (removed.length === 0) return;
    await tx.query(
      `DELETE FROM app a USING unnest($1::text[], $2::text[]) AS x(tenant_id, app_id)
       WHERE a.tenant_id = x.tenant_id AND a.app_id = x.app_id`,
      [removed.map((app) => app.tenantId), removed.map((app) => app.appId)],
    );
  }

  async writeDevices(tx: Tx, devices: readonly DeviceName[]): Promise<void> {
    const latest = [...new Map(devices.map((device) => [`${device.tenantId}\0${device.deviceId}`, device])).values()];
    await tx.query(
      `INSERT INTO device (tenant_id, device_id, name) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
       ON CONFLICT (tenant_id, device_id) DO UPDATE SET name = excluded.name`,
      [latest.map((d) => d.tenantId), latest.map((d) => d.deviceId), latest.map((d) => d.name)],
    );
  }

  async apps(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await tx.query<{ app_id: string; name: string }>(
      `SELECT DISTINCT ON (app_id) app_id, name FROM app WHERE tenant_id IN ('', $1) AND app_id = ANY($2)
       ORDER BY app_id, tenant_id DESC`,
      [tenantId, appIds],
    );
    return new Map(rows.map((row) => [row.app_id, row.name]));
  }

  async devices(tx: Tx, tenantId: string, deviceIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await tx.query<{ device_id: string; name: string }>(
      'SELECT device_id, name FROM device WHERE tenant_id = $1 AND device_id = ANY($2)',
      [tenantId, deviceIds],
    );
    return new Map(rows.map((row) => [row.device_id, row.name]));
  }
}
