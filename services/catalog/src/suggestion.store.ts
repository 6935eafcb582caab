import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';

/** A row of `dismissed_host`. */
export interface DismissedRow {
  readonly host: string;
  readonly dismissed_by: string;
  readonly dismissed_at: Date;
}

/** Hosts that a tenant does not want suggested. */
@Injectable()
export class SuggestionStore {
  async count(tx: Tx, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>('SELECT count(*)::int FROM dismissed_host WHERE tenant_id = $1', [
      tenantId,
    ]);
    return rows[0]?.count ?? 0;
  }

  async find(tx: Tx, tenantId: string, host: string): Promise<DismissedRow | undefined> {
    const rows = await tx.query<DismissedRow>('SELECT * FROM dismissed_host WHERE tenant_id = $1 AND host = $2', [
      tenantId,
      host,
    ]);
    return rows[0];
  }

  async dismiss(tx: Tx, tenantId: string, host: string, by: string, at: Date): Promise<DismissedRow> {
    const rows = await tx.query<DismissedRow>(
      `INSERT INTO dismissed_host (tenant_id, host, dismissed_by, dismissed_at) VALUES ($1, $2, $3, $4) RETURNING *`,
      [tenantId, host, by, at],
    );
    return rows[0] as DismissedRow;
  }

  /** @returns whether it was dismissed */
  async restore(tx: Tx, tenantId: string, host: string): Promise<boolean> {
    const rows = await tx.query<DismissedRow>(
      'DELETE FROM dismissed_host WHERE tenant_id = $1 AND host = $2 RETURNING *',
      [tenantId, host],
    );
    return rows.length > 0;
  }
}
