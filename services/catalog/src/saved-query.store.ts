import { Inject, Injectable } from '@nestjs/common';
import { Database, type Tx } from '#database';

/** A row of `saved_app_query`. */
export interface SavedQueryRow {
  readonly query_id: string;
  readonly name: string;
  /** A `ListAppsRequest` as protobuf writes it in JSON. */
  readonly query: unknown;
  readonly created_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'query_id, name, query, created_by, created_at, updated_at';

/** The searches that tenants keep. */
@Injectable()
export class SavedQueryStore {
  constructor(@Inject(Database) private readonly database: Database) {}

  list(tenantId: string): Promise<SavedQueryRow[]> {
    return this.database.query<SavedQueryRow>(
      `SELECT ${COLUMNS} FROM saved_app_query WHERE tenant_id = $1 ORDER BY lower(name) COLLATE "C"`,
      [tenantId],
    );
  }

  /** Makes changes of one tenant's queries wait for each other. */
  async lock(tx: Tx, tenantId: string): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`gnomon saved queries ${tenantId}`]);
  }

  async count(tx: Tx, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>('SELECT count(*)::int FROM saved_app_query WHERE tenant_id = $1', [
      tenantId,
    ]);
    return rows[0]?.count ?? 0;
  }

  /** The id of the query of this name, in any case. */
  async idOf(tx: Tx, tenantId: string, name: string): Promise<string | undefined> {
    const rows = await tx.query<{ query_id: string }>(
      'SELECT query_id FROM saved_app_query WHERE tenant_id = $1 AND lower(name) = lower($2)',
      [tenantId, name],
    );
    return rows[0]?.query_id;
  }

  async insert(
    tx: Tx,
    tenantId: string,
    saved: { id: string; name: string; query: unknown; createdBy: string; now: Date },
  ): Promise<SavedQueryRow> {
    const rows = await tx.query<SavedQueryRow>(
      `INSERT INTO saved_app_query (tenant_id, query_id, name, query, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING ${COLUMNS}`,
      [tenantId, saved.id, saved.name, JSON.stringify(saved.query), saved.createdBy, saved.now],
    );
    return rows[0] as SavedQueryRow;
  }

  async rename(tx: Tx, tenantId: string, id: string, name: string, now: Date): Promise<SavedQueryRow | undefined> {
    const rows = await tx.query<SavedQueryRow>(
      `UPDATE saved_app_query SET name = $3, updated_at = $4 WHERE tenant_id = $1 AND query_id = $2
       RETURNING ${COLUMNS}`,
      [tenantId, id, name, now],
    );
    return rows[0];
  }

  /** Whether there was one. */
  async delete(tx: Tx, tenantId: string, id: string): Promise<boolean> {
    const rows = await tx.query(
      'DELETE FROM saved_app_query WHERE tenant_id = $1 AND query_id = $2 RETURNING query_id',
      [tenantId, id],
    );
    return rows.length > 0;
  }
}
