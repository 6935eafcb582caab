import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import type { KeptChange } from './domain/change-feed.js';
import type { Rule } from './domain/app-record.js';

/** A change, and the rules that came and went with it. */
export interface RecordedChange extends KeptChange {
  readonly addedRules: readonly Rule[];
  readonly removedRules: readonly Rule[];
}

/** Score history and change feed, as they are written. */
@Injectable()
export class HistoryStore {
  async writeScores(tx: Tx, changes: readonly RecordedChange[], now: Date): Promise<void> {
    const rows = changes.flatMap(({ scoreMoved, ...change }) => (scoreMoved ? [{ ...change, ...scoreMoved }] : []));
    if (rows.length === 0) return;
    await tx.query(
      `INSERT INTO score_history (tenant_id, app_id, at, score_before, score, confidence, cause, cause_detail,
         changed_factors)
       SELECT tenant_id, app_id, $1, score_before, score, confidence, cause, cause_detail, changed_factors
       FROM unnest($2::text[], $3::text[], $4::double precision[], $5::double precision[], $6::double precision[],
         $7::smallint[], $8::text[], $9::jsonb[])
         AS x(tenant_id, app_id, score_before, score, confidence, cause, cause_detail, changed_factors)`,
      [
        now,
        rows.map((row) => row.tenantId),
        rows.map((row) => row.appId),
        rows.map((row) => row.scoreBefore ?? null),
        rows.map((row) => row.score ?? null),
        rows.map((row) => row.confidence),
        rows.map((row) => row.cause),
        rows.map((row) => row.causeDetail),
        rows.map((row) => JSON.stringify(row.changedFactors)),
      ],
    );
  }

  async writeChanges(tx: Tx, changes: readonly RecordedChange[], now: Date): Promise<void> {
    const rows = changes.filter(({ kinds }) => kinds.length > 0);
    if (rows.length === 0) return;
    await tx.query(
      `INSERT INTO app_change (tenant_id, app_id, at, kinds, before, after, added_rules, removed_rules,
         changed_factors, cause, cause_detail)
       SELECT tenant_id, app_id, $1, kinds::smallint[], before, after, added_rules, removed_rules, changed_factors,
         cause, cause_detail
       FROM unnest($2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[], $7::jsonb[], $8::jsonb[], $9::jsonb[],
         $10::smallint[], $11::text[])
         AS x(tenant_id, app_id, kinds, before, after, added_rules, removed_rules, changed_factors, cause,
           cause_detail)`,
      [
        now,
        rows.map((row) => row.tenantId),
        rows.map((row) => row.appId),
        rows.map((row) => `{${row.kinds.join()}}`),
        rows.map((row) => (row.before ? JSON.stringify(row.before) : null)),
        rows.map((row) => (row.after ? JSON.stringify(row.after) : null)),
        rows.map((row) => JSON.stringify(row.addedRules)),
        rows.map((row) => JSON.stringify(row.removedRules)),
        rows.map((row) => JSON.stringify(row.changedFactors)),
        rows.map((row) => row.cause),
        rows.map((row) => row.causeDetail),
      ],
    );
  }

  /** The history of a tenant's own apps that are gone: another app may get their id. */
  async forget(tx: Tx, tenantIds: readonly string[], appIds: readonly string[]): Promise<void> {
    await tx.query(
      `DELETE FROM score_history h USING unnest($1::text[], $2::text[]) AS gone(tenant_id, app_id)
       WHERE h.tenant_id = gone.tenant_id AND h.app_id = gone.app_id`,
      [tenantIds, appIds],
    );
  }

  /** Removes what is older than this from a table, so many rows at most. @returns how many */
  async removeBefore(tx: Tx, table: 'score_history' | 'app_change', before: Date, limit: number): Promise<number> {
    const rows = await tx.query(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE at < $1 ORDER BY at LIMIT $2))
       RETURNING 1`,
      [before, limit],
    );
    return rows.length;
  }

  /** Removes what apps have beyond their newest entries, of so many apps at most. @returns of how many */
  async removeSurplusScores(tx: Tx, perApp: number, apps: number): Promise<number> {
    const rows = await tx.query<{ apps: number }>(
      `WITH crowded AS MATERIALIZED (
         SELECT tenant_id, app_id, (array_agg(entry ORDER BY entry DESC))[$1 + 1] AS newest_to_go
         FROM score_history GROUP BY tenant_id, app_id HAVING count(*) > $1 LIMIT $2
       ), removed AS (
         DELETE FROM score_history h USING crowded c
         WHERE h.tenant_id = c.tenant_id AND h.app_id = c.app_id AND h.entry <= c.newest_to_go
       )
       SELECT count(*)::int AS apps FROM crowded`,
      [perApp, apps],
    );
    return rows[0]?.apps ?? 0;
  }

  /** Who has more changes than this in its feed; '' is the global one. */
  async crowdedFeeds(tx: Tx, perTenant: number): Promise<string[]> {
    const rows = await tx.query<{ tenant_id: string }>(
      'SELECT tenant_id FROM app_change GROUP BY tenant_id HAVING count(*) > $1',
      [perTenant],
    );
    return rows.map((row) => row.tenant_id);
  }

  /** Removes what a feed has beyond its newest changes, so many of them at most. @returns how many */
  async removeSurplusChanges(tx: Tx, tenantId: string, keep: number, limit: number): Promise<number> {
    const rows = await tx.query(
      `DELETE FROM app_change WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM app_change WHERE tenant_id = $1 ORDER BY entry DESC OFFSET $2 LIMIT $3))
       RETURNING 1`,
      [tenantId, keep, limit],
    );
    return rows.length;
  }
}
