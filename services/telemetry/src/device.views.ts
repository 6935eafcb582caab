import { Inject, Injectable } from '@nestjs/common';
import type { PageRequest } from '#contracts';
import { Database } from '#database';
import { deviceMessage, deviceOf, type DeviceRow, type StoredDevice } from './device.store.js';
import { pageOf, paged } from './page.js';

type ListedRow = DeviceRow & { sort_key: string };

/** What is asked about devices. */
@Injectable()
export class DeviceViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Devices by name; only those with `search` in it. */
  async list(tenantId: string, search: string, request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 'devices', 2);
    const wanted = search.replaceAll('\0', '').toLowerCase();
    const matching = `tenant_id = $1 AND ($2 = '' OR strpos(lower(name), $2) > 0)`;
    const rows = await this.database.query<ListedRow>(
      `SELECT *, lower(name) AS sort_key FROM device
       WHERE ${matching} AND ($3::text IS NULL OR (lower(name) COLLATE "C", device_id) > ($3, $4))
       ORDER BY lower(name) COLLATE "C", device_id LIMIT $5`,
      [tenantId, wanted, after?.[0] ?? null, after?.[1] ?? null, first + 1],
    );
    const total = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM device WHERE ${matching}`,
      [tenantId, wanted],
    );
    return paged(
      rows,
      first,
      total[0]?.count ?? 0,
      'devices',
      (row) => [row.sort_key, row.device_id],
      (row) => deviceMessage(deviceOf(row)),
    );
  }

  /** The devices of these ids, in the order asked; unknown ones are left out. */
  async byIds(tenantId: string, ids: readonly string[]) {
    const sql = 'SELECT * FROM device WHERE tenant_id = $1 AND device_id = ANY($2)';
    const rows = await this.database.query<DeviceRow>(sql, [tenantId, ids]);
    const byId = new Map(rows.map((row) => [row.device_id, deviceMessage(deviceOf(row))]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  /** The one device with this id, of whatever tenant: for checking its credential, before the tenant is known. */
  async ofAnyTenant(deviceId: string): Promise<StoredDevice | undefined> {
    const rows = await this.database.query<DeviceRow>('SELECT * FROM device WHERE device_id = $1', [deviceId]);
    return rows[0] && deviceOf(rows[0]);
  }
}
