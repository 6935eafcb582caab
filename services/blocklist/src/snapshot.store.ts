import { Injectable } from '@nestjs/common';
import { Tag, type AppChanged, type AppTagChanged, type DeviceChanged } from '#contracts';
import type { Database, Tx } from '#database';
import type { TaggedApp } from './domain/claim.js';

/** An event and the tenant it is about. */
export interface Owned<E> {
  readonly tenantId: string;
  readonly event: E;
}

type RuleRow = [kind: number, value: string, path: string];

/** What the block list knows of apps, tags and devices: its own copy, written from their events. */
@Injectable()
export class SnapshotStore {
  /**
   * Waits until nobody else changes what the lists of these tenants are made of, and keeps it so until the transaction
   * ends. The global catalog goes into every tenant's list, so a change of it keeps everybody out.
   */
  async lock(tx: Tx, tenantIds: Iterable<string>): Promise<void> {
    const sorted = [...new Set(tenantIds)].sort();
    if (sorted.includes('')) {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('gnomon blocklist catalog', 0))`);
      return;
    }
    await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('gnomon blocklist catalog', 0))`);
    for (const tenantId of sorted) {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`gnomon blocklist tenant ${tenantId}`]);
    }
  }

  /** Takes in apps, the newest last. @returns the tenants whose list may be another one now */
  async saveApps(tx: Tx, changes: readonly Owned<AppChanged>[]): Promise<string[]> {
    const newest = newestOf(changes, (change) => change.event.appId);
    const removed = newest.filter((change) => change.event.removed);
    const kept = newest.filter((change) => !change.event.removed && change.event.app);
    const changed = [...(await this.deleteApps(tx, removed)), ...(await this.upsertApps(tx, kept))];
    if (changed.length === 0) return [];
    const rows = await tx.query<{ tenant_id: string }>(
      `SELECT DISTINCT t.tenant_id FROM app_tag t
       JOIN unnest($1::text[], $2::text[]) AS c (tenant_id, app_id)
         ON t.app_id = c.app_id AND (c.tenant_id = '' OR c.tenant_id = t.tenant_id)`,
      [changed.map((app) => app.tenant_id), changed.map((app) => app.app_id)],
    );
    return rows.map((row) => row.tenant_id);
  }

  /** Takes in tags, the newest last. @returns the tenants whose tags are others now */
  async saveTags(tx: Tx, changes: readonly Owned<AppTagChanged>[]): Promise<string[]> {
    const newest = newestOf(changes, (change) => change.event.appId);
    const tagOf = (change: Owned<AppTagChanged>): Tag => change.event.tag?.tag ?? Tag.UNSPECIFIED;
    const cleared = newest.filter((change) => tagOf(change) === Tag.UNSPECIFIED);
    const set = newest.filter((change) => tagOf(change) !== Tag.UNSPECIFIED);
    const deleted = await tx.query<{ tenant_id: string }>(
      `DELETE FROM app_tag t USING unnest($1::text[], $2::text[]) AS c (tenant_id, app_id)
       WHERE t.tenant_id = c.tenant_id AND t.app_id = c.app_id RETURNING t.tenant_id`,
      [cleared.map((change) => change.tenantId), cleared.map((change) => change.event.appId)],
    );
    const upserted = await tx.query<{ tenant_id: string }>(
      `INSERT INTO app_tag AS t (tenant_id, app_id, tag) SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[])
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET tag = excluded.tag WHERE t.tag <> excluded.tag
       RETURNING tenant_id`,
      [set.map((change) => change.tenantId), set.map((change) => change.event.appId), set.map(tagOf)],
    );
    return [...new Set([...deleted, ...upserted].map((row) => row.tenant_id))];
  }

  /** Takes in devices, the newest last, and makes their groups. @returns the tenants with a new group */
  async saveDevices(tx: Tx, changes: readonly Owned<DeviceChanged>[]): Promise<string[]> {
    const known = changes.filter((change) => change.event.device);
    const newest = newestOf(known, (change) => change.event.deviceId);
    const groups = newest.map((change) => change.event.device?.group || DEFAULT_GROUP);
    const tenants = newest.map((change) => change.tenantId);
    await tx.query(
      `INSERT INTO device (tenant_id, device_id, group_name, revoked)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[])
       ON CONFLICT (tenant_id, device_id) DO UPDATE SET group_name = excluded.group_name, revoked = excluded.revoked`,
      [
        tenants,
        newest.map((change) => change.event.deviceId),
        groups,
        newest.map((change) => change.event.device!.revoked),
      ],
    );
    return this.addGroups(
      tx,
      tenants.map((tenantId, i) => ({ tenantId, group: groups[i]! })),
    );
  }

  /** @returns the tenants for which a group is new */
  async addGroups(tx: Tx, groups: readonly { tenantId: string; group: string }[]): Promise<string[]> {
    const rows = await tx.query<{ tenant_id: string }>(
      `INSERT INTO device_group (tenant_id, group_name) SELECT DISTINCT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT DO NOTHING RETURNING tenant_id`,
      [groups.map((each) => each.tenantId), groups.map((each) => each.group)],
    );
    return [...new Set(rows.map((row) => row.tenant_id))];
  }

  /** Everything a tenant's list is made of. As many rows as the tenant has tags, which the catalog's size bounds. */
  async taggedApps(tx: Tx, tenantId: string): Promise<TaggedApp[]> {
    const rows = await tx.query<{ app_id: string; tag: number; name: string | null; rules: RuleRow[] | null }>(
      `SELECT t.app_id, t.tag, coalesce(own.name, shared.name) AS name, coalesce(own.rules, shared.rules) AS rules
       FROM app_tag t
       LEFT JOIN app own ON own.tenant_id = t.tenant_id AND own.app_id = t.app_id
       LEFT JOIN app shared ON shared.tenant_id = '' AND shared.app_id = t.app_id
       WHERE t.tenant_id = $1`,
      [tenantId],
    );
    return rows.map(({ app_id: appId, tag, name, rules }) => ({
      appId,
      tag,
      ...(rules
        ? { entry: { name: name ?? '', rules: rules.map(([kind, value, path]) => ({ kind, value, path })) } }
        : {}),
    }));
  }

  /** Notes that the lists of these tenants must be compiled anew. Needs their lock. */
  async markPending(tx: Tx, tenantIds: readonly string[]): Promise<void> {
    await tx.query('INSERT INTO pending (tenant_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [tenantIds]);
  }

  /** Takes a tenant's note away. Needs its lock. @returns whether there was one */
  async takePending(tx: Tx, tenantId: string): Promise<boolean> {
    const rows = await tx.query('DELETE FROM pending WHERE tenant_id = $1 RETURNING tenant_id', [tenantId]);
    return rows.length > 0;
  }

  /** Some tenants, at most `limit`, whose lists must be compiled anew. */
  async pending(database: Database, limit: number): Promise<string[]> {
    const rows = await database.query<{ tenant_id: string }>('SELECT tenant_id FROM pending LIMIT $1', [limit]);
    return rows.map((row) => row.tenant_id);
  }

  private async deleteApps(tx: Tx, apps: readonly Owned<AppChanged>[]): Promise<AppKey[]> {
    return tx.query<AppKey>(
      `DELETE FROM app a USING unnest($1::text[], $2::text[]) AS c (tenant_id, app_id)
       WHERE a.tenant_id = c.tenant_id AND a.app_id = c.app_id RETURNING a.tenant_id, a.app_id`,
      [apps.map((app) => app.tenantId), apps.map((app) => app.event.appId)],
    );
  }

  /** @returns those whose name or rules are others now */
  private async upsertApps(tx: Tx, apps: readonly Owned<AppChanged>[]): Promise<AppKey[]> {
    const rules = apps.map((app) => app.event.app!.rules.map(({ kind, value, path }): RuleRow => [kind, value, path]));
    return tx.query<AppKey>(
      `INSERT INTO app AS a (tenant_id, app_id, name, rules)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[])
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET name = excluded.name, rules = excluded.rules
       WHERE a.name <> excluded.name OR a.rules <> excluded.rules
       RETURNING tenant_id, app_id`,
      [
        apps.map((app) => app.tenantId),
        apps.map((app) => app.event.appId),
        apps.map((app) => app.event.app!.name),
        rules.map((each) => JSON.stringify(each)),
      ],
    );
  }
}

/** The group of devices that were not given another. */
export const DEFAULT_GROUP = 'default';

interface AppKey {
  tenant_id: string;
  app_id: string;
}

/** One statement can write a row once: of several changes to one thing, the last. */
function newestOf<C extends Owned<unknown>>(changes: readonly C[], idOf: (change: C) => string): C[] {
  return [...new Map(changes.map((change) => [JSON.stringify([change.tenantId, idOf(change)]), change])).values()];
}
