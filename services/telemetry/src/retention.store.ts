import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';

/** The column that says when a row was last added to. */
const TOUCHED = {
  usage_daily: 'updated_at',
  unclaimed_host: 'updated_at',
  source_sequence: 'updated_at',
  log_upload: 'started_at',
} as const;

/** Removes rows, a bounded number a statement. */
@Injectable()
export class RetentionStore {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Of all tenants: retention is the same for each. A device's batch numbers stay as long as the device. */
  async removeOld(table: keyof typeof TOUCHED, before: Date, limit: number): Promise<number> {
    const kept = table === 'source_sequence' ? `AND source_id LIKE 'upload:%'` : '';
    return this.count(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${TOUCHED[table]} < $1 ${kept} LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [before, limit],
    );
  }

  /** Discovered apps of which no usage is left: the next use discovers them anew. */
  async removeUnused(limit: number): Promise<number> {
    return this.count(
      `DELETE FROM discovered_app WHERE ctid = ANY (ARRAY(
         SELECT d.ctid FROM discovered_app d
         WHERE NOT EXISTS (SELECT 1 FROM usage_daily u WHERE u.tenant_id = d.tenant_id AND u.app_id = d.app_id)
         LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
      [limit],
    );
  }

  async tenantsWithHosts(): Promise<string[]> {
    const rows = await this.database.query<{ tenant_id: string }>(
      'SELECT DISTINCT tenant_id FROM unclaimed_host LIMIT 100000',
    );
    return rows.map((row) => row.tenant_id);
  }

  /** Hosts of a tenant beyond the first `most`, by their use. Locks only those that go: a look at the others is enough. */
  async trimHosts(tenantId: string, most: number, limit: number): Promise<number> {
    return this.count(
      `DELETE FROM unclaimed_host WHERE tenant_id = $1 AND host = ANY (ARRAY(
         SELECT host FROM unclaimed_host WHERE tenant_id = $1
         ORDER BY transactions DESC, last_seen_at DESC, host OFFSET $2 LIMIT $3)) RETURNING 1`,
      [tenantId, most, limit],
    );
  }

  private async count(sql: string, parameters: unknown[]): Promise<number> {
    return (await this.database.query(sql, parameters)).length;
  }
}
