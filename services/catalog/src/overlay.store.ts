import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import type { AppRow } from './app-rows.js';
import type { Rule } from './domain/app-record.js';
import type { Overlay } from './domain/overlay.js';

/** A row of `app_overlay`. */
export interface OverlayRow {
  readonly tenant_id: string;
  readonly app_id: string;
  readonly rules: Rule[];
  readonly label_ids: string[];
  readonly owner: string;
  readonly version: string;
  readonly updated_at: Date;
}

export function overlayOf(row: OverlayRow): Overlay {
  const { rules, label_ids: labelIds, owner, version, updated_at: updatedAt } = row;
  return { rules, labelIds, owner, version: BigInt(version), updatedAt };
}

/** What tenants lay over apps, one row a tenant and app: put together from assigned hosts and labels when these change. */
@Injectable()
export class OverlayStore {
  async of(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, Overlay>> {
    const rows = await tx.query<OverlayRow>('SELECT * FROM app_overlay WHERE tenant_id = $1 AND app_id = ANY($2)', [
      tenantId,
      appIds,
    ]);
    return new Map(rows.map((row) => [row.app_id, overlayOf(row)]));
  }

  /** The overlays that tenants have of these apps. */
  async ofAll(tx: Tx, appIds: readonly string[]): Promise<OverlayRow[]> {
    return tx.query<OverlayRow>('SELECT * FROM app_overlay WHERE app_id = ANY($1) ORDER BY app_id, tenant_id', [
      appIds,
    ]);
  }

  /** Apps that a tenant sees, kept as they are until the end of the transaction. */
  async keepVisible(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<AppRow[]> {
    return tx.query<AppRow>(
      `SELECT * FROM app WHERE tenant_id IN ('', $1) AND app_id = ANY($2) ORDER BY app_id FOR SHARE`,
      [tenantId, appIds],
    );
  }

  /** Puts the overlays of these apps together anew. One that holds nothing any more goes. */
  async refresh(tx: Tx, tenantId: string, appIds: readonly string[], now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO app_overlay (tenant_id, app_id, rules, label_ids, owner, version, updated_at)
       SELECT $1, x.app_id,
         COALESCE((SELECT jsonb_agg(jsonb_build_object('kind', h.kind, 'value', h.value, 'path', '') ORDER BY h.value, h.kind)
           FROM host_assignment h WHERE h.tenant_id = $1 AND h.app_id = x.app_id), '[]'),
         ARRAY(SELECT l.label_id FROM labelled_app l WHERE l.tenant_id = $1 AND l.app_id = x.app_id ORDER BY l.label_id),
         '', nextval('app_version'), $3
       FROM unnest($2::text[]) AS x(app_id)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET rules = excluded.rules, label_ids = excluded.label_ids,
         version = excluded.version, updated_at = excluded.updated_at`,
      [tenantId, appIds, now],
    );
    await this.dropEmpty(tx, tenantId, appIds);
  }

  async setOwner(tx: Tx, tenantId: string, appId: string, owner: string, now: Date): Promise<void> {
    await this.setOwners(tx, tenantId, [{ appId, owner }], now);
    await this.dropEmpty(tx, tenantId, [appId]);
  }

  /** Each app at most once; an owner that is empty needs `setOwner`. */
  async setOwners(
    tx: Tx,
    tenantId: string,
    owners: readonly { appId: string; owner: string }[],
    now: Date,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO app_overlay (tenant_id, app_id, rules, label_ids, owner, version, updated_at)
       SELECT $1, x.app_id, '[]', '{}', x.owner, nextval('app_version'), $4
       FROM unnest($2::text[], $3::text[]) AS x(app_id, owner)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET owner = excluded.owner, version = excluded.version,
         updated_at = excluded.updated_at`,
      [tenantId, owners.map(({ appId }) => appId), owners.map(({ owner }) => owner), now],
    );
  }

  /** Forgets everything that a tenant kept about an app of its own: its id may be given to another one. */
  async forgetOwn(tx: Tx, tenantId: string, appId: string): Promise<void> {
    for (const table of ['app_overlay', 'host_assignment', 'labelled_app', 'app_note']) {
      await tx.query(`DELETE FROM ${table} WHERE tenant_id = $1 AND app_id = $2`, [tenantId, appId]);
    }
  }

  /** Takes away what tenants laid over global apps that are gone. Notes stay: the app may come back. */
  async forgetGlobal(tx: Tx, appIds: readonly string[]): Promise<OverlayRow[]> {
    await tx.query('DELETE FROM host_assignment WHERE app_id = ANY($1)', [appIds]);
    await tx.query('DELETE FROM labelled_app WHERE app_id = ANY($1)', [appIds]);
    return tx.query<OverlayRow>('DELETE FROM app_overlay WHERE app_id = ANY($1) RETURNING *', [appIds]);
  }

  private async dropEmpty(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<void> {
    await tx.query(
      `DELETE FROM app_overlay WHERE tenant_id = $1 AND app_id = ANY($2) AND owner = '' AND label_ids = '{}'
         AND rules = '[]'`,
      [tenantId, appIds],
    );
  }
}
