import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import { newId } from '#kernel';
import type { LabelDraft } from './domain/label.js';

/** Labels of tenants, and which apps carry them. */
@Injectable()
export class LabelStore {
  async count(tx: Tx, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>('SELECT count(*)::int FROM app_label WHERE tenant_id = $1', [
      tenantId,
    ]);
    return rows[0]?.count ?? 0;
  }

  /** The label of this name, in any case. */
  async idOfName(tx: Tx, tenantId: string, name: string): Promise<string | undefined> {
    const rows = await tx.query<{ label_id: string }>(
      'SELECT label_id FROM app_label WHERE tenant_id = $1 AND lower(name) COLLATE "C" = lower($2)',
      [tenantId, name],
    );
    return rows[0]?.label_id;
  }

  async draftOf(tx: Tx, tenantId: string, id: string): Promise<LabelDraft | undefined> {
    const rows = await tx.query<LabelDraft>(
      'SELECT name, colour, description FROM app_label WHERE tenant_id = $1 AND label_id = $2 FOR UPDATE',
      [tenantId, id],
    );
    return rows[0];
  }

  async create(tx: Tx, tenantId: string, draft: LabelDraft, now: Date): Promise<string> {
    const id = newId();
    await tx.query(
      `INSERT INTO app_label (tenant_id, label_id, name, colour, description, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [tenantId, id, draft.name, draft.colour, draft.description, now],
    );
    return id;
  }

  async update(tx: Tx, tenantId: string, id: string, draft: LabelDraft): Promise<void> {
    await tx.query(
      'UPDATE app_label SET name = $3, colour = $4, description = $5 WHERE tenant_id = $1 AND label_id = $2',
      [tenantId, id, draft.name, draft.colour, draft.description],
    );
  }

  async delete(tx: Tx, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM app_label WHERE tenant_id = $1 AND label_id = $2', [tenantId, id]);
  }

  /** The apps that carry a label, at most `limit`. */
  async appsOf(tx: Tx, tenantId: string, id: string, limit: number): Promise<string[]> {
    const rows = await tx.query<{ app_id: string }>(
      'SELECT app_id FROM labelled_app WHERE tenant_id = $1 AND label_id = $2 ORDER BY app_id LIMIT $3',
      [tenantId, id, limit],
    );
    return rows.map((row) => row.app_id);
  }

  /** How many labels each of these apps carries; apps without are left out. */
  async labelsOf(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await tx.query<{ app_id: string; count: number }>(
      `SELECT app_id, count(*)::int FROM labelled_app WHERE tenant_id = $1 AND app_id = ANY($2) GROUP BY app_id`,
      [tenantId, appIds],
    );
    return new Map(rows.map((row) => [row.app_id, row.count]));
  }

  /** @returns the apps that did not carry the label before */
  async put(tx: Tx, tenantId: string, id: string, appIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ app_id: string }>(
      `INSERT INTO labelled_app (tenant_id, label_id, app_id) SELECT $1, $2, unnest($3::text[])
       ON CONFLICT DO NOTHING RETURNING app_id`,
      [tenantId, id, appIds],
    );
    return rows.map((row) => row.app_id);
  }

  /** @returns the apps that carried the label before */
  async take(tx: Tx, tenantId: string, id: string, appIds: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ app_id: string }>(
      'DELETE FROM labelled_app WHERE tenant_id = $1 AND label_id = $2 AND app_id = ANY($3) RETURNING app_id',
      [tenantId, id, appIds],
    );
    return rows.map((row) => row.app_id);
  }
}
