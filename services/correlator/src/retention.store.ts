import { Injectable } from '@nestjs/common';
import { Database, type Tx } from '#database';

/** Whatever hangs on an incident, children first. */
const BELONGINGS = ['incident_entity', 'incident_comment', 'incident_history', 'alert'] as const;

/** Removes incidents with everything that belongs to them. */
@Injectable()
export class RetentionStore {
  constructor(private readonly database: Database) {}

  /**
   * Removes some of the incidents that nothing has happened to since a time, with their alerts, comments and history.
   *
   * @returns how many incidents were removed: fewer than `limit` once there are no more
   */
  removeIncidents(before: Date, limit: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.query<{ tenant_id: string; incident_id: string }>(
        `SELECT tenant_id, incident_id FROM incident WHERE greatest(last_activity_at, updated_at) < $1
         ORDER BY tenant_id, incident_id LIMIT $2 FOR UPDATE SKIP LOCKED`,
        [before, limit],
      );
      if (rows.length > 0) await this.remove(tx, rows);
      return rows.length;
    });
  }

  private async remove(tx: Tx, rows: readonly { tenant_id: string; incident_id: string }[]): Promise<void> {
    const chosen = [rows.map((row) => row.tenant_id), rows.map((row) => row.incident_id)];
    const WHICH = 'unnest($1::text[], $2::text[]) AS gone(tenant_id, incident_id)';
    await tx.query(
      `DELETE FROM alert_entity e USING alert a, ${WHICH}
       WHERE a.tenant_id = gone.tenant_id AND a.incident_id = gone.incident_id
         AND e.tenant_id = a.tenant_id AND e.alert_id = a.alert_id`,
      chosen,
    );
    for (const table of [...BELONGINGS, 'incident']) {
      await tx.query(
        `DELETE FROM ${table} t USING ${WHICH} WHERE t.tenant_id = gone.tenant_id AND t.incident_id = gone.incident_id`,
        chosen,
      );
    }
  }
}
