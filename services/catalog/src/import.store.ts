import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import type { AppRow } from './app-rows.js';
import { CUSTOM_PREFIX } from './domain/catalog-file.js';

/** What an import asks about the apps that a tenant has. */
@Injectable()
export class ImportStore {
  /** The tenant's own apps of these names, whatever their case, with the name that was asked for. */
  async byName(tx: Tx, tenantId: string, names: readonly string[]): Promise<(AppRow & { wanted: string })[]> {
    return tx.query<AppRow & { wanted: string }>(
      `SELECT x.wanted, a.* FROM app a JOIN unnest($2::text[]) AS x(wanted) ON lower(a.name) = lower(x.wanted)
       WHERE a.tenant_id = $1 AND $1 <> '' ORDER BY a.app_id FOR UPDATE OF a`,
      [tenantId, names],
    );
  }

  /** The texts of the notes about these apps. */
  async notesOf(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, Set<string>>> {
    const rows = await tx.query<{ app_id: string; text: string }>(
      'SELECT app_id, text FROM app_note WHERE tenant_id = $1 AND app_id = ANY($2)',
      [tenantId, appIds],
    );
    const notes = new Map<string, Set<string>>();
    for (const row of rows) notes.set(row.app_id, (notes.get(row.app_id) ?? new Set()).add(row.text));
    return notes;
  }

  /** The ids of the tenant's own apps. */
  async customIds(tx: Tx, tenantId: string): Promise<Set<string>> {
    const rows = await tx.query<{ app_id: string }>(
      `SELECT app_id FROM app WHERE tenant_id = $1 AND app_id LIKE '${CUSTOM_PREFIX}%'`,
      [tenantId],
    );
    return new Set(rows.map((row) => row.app_id));
  }
}
