import { Injectable } from '@nestjs/common';
import { RescoreState } from '#contracts';
import type { Tx } from '#database';
import type { AppRow, OwnScoreRow, TenantAppRow } from './app-rows.js';
import type { Score } from './domain/scorer.js';
import type { StoredWeighting } from './domain/weighting.js';

/** What a tenant lays over the apps: columns, and the joins they come from, for tenant $1 and `app` as `a`. */
export const TENANT_COLUMNS = `o.score AS override_score, o.reason AS override_reason, o.set_at AS override_set_at,
    o.expires_at AS override_expires_at, o.version AS override_version, w.score AS own_score,
    w.confidence AS own_confidence, w.weights_version AS own_weights_version, w.version AS own_version,
    w.scored_at AS own_scored_at, v.rules AS overlay_rules, v.label_ids AS overlay_label_ids,
    v.owner AS overlay_owner, v.version AS overlay_version, v.updated_at AS overlay_updated_at`;
export const TENANT_JOINS = `LEFT JOIN score_override o ON o.tenant_id = $1 AND o.app_id = a.app_id
    LEFT JOIN tenant_score w ON w.tenant_id = $1 AND w.app_id = a.app_id
    LEFT JOIN app_overlay v ON v.tenant_id = $1 AND v.app_id = a.app_id`;

/** What counts for the tenant; null = unscored. */
export const EFFECTIVE_SCORE =
  'CASE WHEN o.app_id IS NOT NULL THEN o.score WHEN w.app_id IS NOT NULL THEN w.score ELSE a.score END';

/** How many versions of its weights are kept of a tenant. */
const VERSIONS = 20;

/** A row of `weighting`: a tenant's weights, and how far the catalog is scored by them. */
export interface WeightingRow {
  readonly tenant_id: string;
  readonly version: string;
  readonly settings: StoredWeighting;
  readonly as_defined: boolean;
  readonly set_by: string;
  readonly set_at: Date;
  readonly state: RescoreState;
  /** The last app that is done: first those of the global catalog by id, then the tenant's own. */
  readonly at_owner: string;
  readonly at_app: string;
  readonly apps_done: number;
  readonly apps_total: number;
  readonly moved: number;
  readonly finished_at: Date | null;
}

/** An app, what it takes to score it, and the score that the tenant sees now. */
export interface SeenScoreRow extends Pick<AppRow, 'app_id' | 'name' | 'generative_ai' | 'facts' | 'score'> {
  readonly overridden: boolean;
}

export interface NewOwnScore extends Score {
  readonly tenantId: string;
  readonly appId: string;
  readonly weightsVersion: string;
}

/** The weights of tenants, and the scores that follow from them, as they are written. */
@Injectable()
export class WeightsStore {
  async newest(tx: Tx, tenantId: string): Promise<WeightingRow | undefined> {
    const rows = await tx.query<WeightingRow>(
      'SELECT * FROM weighting WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1',
      [tenantId],
    );
    return rows[0];
  }

  /** The newest of every tenant that ever had weights of its own, but for those that went back to the defaults for good. */
  newestOfAll(tx: Tx): Promise<WeightingRow[]> {
    return tx.query<WeightingRow>(
      `SELECT * FROM (SELECT DISTINCT ON (tenant_id) * FROM weighting ORDER BY tenant_id, version DESC) newest
       WHERE NOT as_defined OR finished_at IS NULL`,
    );
  }

  /** Takes new weights in, and puts their work in the place of what was not done yet. The tenant must be locked. */
  async begin(
    tx: Tx,
    weighting: { tenantId: string; settings: StoredWeighting; asDefined: boolean; setBy: string; now: Date },
  ): Promise<WeightingRow> {
    const { tenantId, settings, asDefined, setBy, now } = weighting;
    await tx.query('UPDATE weighting SET state = $2, finished_at = $3 WHERE tenant_id = $1 AND finished_at IS NULL', [
      tenantId,
      RescoreState.SUPERSEDED,
      now,
    ]);
    const rows = await tx.query<WeightingRow>(
      `INSERT INTO weighting (tenant_id, version, settings, as_defined, set_by, set_at, state, at_owner, at_app,
         apps_done, apps_total, moved, touched_at)
       SELECT $1, COALESCE((SELECT max(version) FROM weighting WHERE tenant_id = $1), 0) + 1, $2, $3, $4, $5, $6,
         '', '', 0, (SELECT count(*) FROM app WHERE tenant_id IN ('', $1)), 0, $5
       RETURNING *`,
      [tenantId, JSON.stringify(settings), asDefined, setBy, now, RescoreState.WAITING],
    );
    const begun = rows[0] as WeightingRow;
    // A version by which apps are still scored explains their scores.
    await tx.query(
      `DELETE FROM weighting v WHERE tenant_id = $1 AND version <= $2 AND NOT EXISTS
         (SELECT 1 FROM tenant_score s WHERE s.tenant_id = v.tenant_id AND s.weights_version = v.version)`,
      [tenantId, Number(begun.version) - VERSIONS],
    );
    return begun;
  }

  /** The next apps of an owner that a tenant sees, with what it lays over them. */
  async appsAfter(
    tx: Tx,
    tenantId: string,
    { owner, app }: { owner: string; app: string },
    limit: number,
  ): Promise<TenantAppRow[]> {
    return tx.query<TenantAppRow>(
      `SELECT a.*, ${TENANT_COLUMNS} FROM app a ${TENANT_JOINS}
       WHERE a.tenant_id = $2 AND a.app_id > $3 ORDER BY a.app_id LIMIT $4`,
      [tenantId, owner, app, limit],
    );
  }

  /** The next apps of an owner, with no more than it takes to score them and what the tenant sees now. */
  scoredAfter(
    tx: Tx,
    tenantId: string,
    { owner, app }: { owner: string; app: string },
    limit: number,
  ): Promise<SeenScoreRow[]> {
    return tx.query<SeenScoreRow>(
      `SELECT a.app_id, a.name, a.generative_ai, a.facts, o.app_id IS NOT NULL AS overridden, ${EFFECTIVE_SCORE} AS score
       FROM app a ${TENANT_JOINS} WHERE a.tenant_id = $2 AND a.app_id > $3 ORDER BY a.app_id LIMIT $4`,
      [tenantId, owner, app, limit],
    );
  }

  async advance(
    tx: Tx,
    row: WeightingRow,
    to: { owner: string; app: string; done: number; moved: number; finished: boolean; now: Date },
  ): Promise<void> {
    await tx.query(
      `UPDATE weighting SET state = $3, at_owner = $4, at_app = $5, apps_done = apps_done + $6, moved = moved + $7,
         touched_at = $8, finished_at = $9
       WHERE tenant_id = $1 AND version = $2`,
      [
        row.tenant_id,
        row.version,
        to.finished ? RescoreState.DONE : RescoreState.RUNNING,
        to.owner,
        to.app,
        to.done,
        to.moved,
        to.now,
        to.finished ? to.now : null,
      ],
    );
  }

  /** Has the catalog scored again for every tenant with weights of its own: factors may be defined anew. */
  async restartAll(tx: Tx): Promise<void> {
    await tx.query(
      `UPDATE weighting w SET state = $1, at_owner = '', at_app = '', apps_done = 0, moved = 0, finished_at = NULL,
         touched_at = to_timestamp(0), apps_total = (SELECT count(*) FROM app WHERE tenant_id IN ('', w.tenant_id))
       WHERE NOT as_defined AND version = (SELECT max(version) FROM weighting n WHERE n.tenant_id = w.tenant_id)`,
      [RescoreState.WAITING],
    );
  }

  /** Work that nobody has touched for a while. */
  async unfinished(tx: Tx, before: Date, limit: number): Promise<Pick<WeightingRow, 'tenant_id' | 'version'>[]> {
    return tx.query(
      `SELECT tenant_id, version FROM weighting WHERE finished_at IS NULL AND touched_at < $1
       ORDER BY touched_at LIMIT $2`,
      [before, limit],
    );
  }

  async score(tx: Tx, tenantId: string, appId: string): Promise<OwnScoreRow | undefined> {
    const rows = await tx.query<OwnScoreRow>('SELECT * FROM tenant_score WHERE tenant_id = $1 AND app_id = $2', [
      tenantId,
      appId,
    ]);
    return rows[0];
  }

  /** What these apps score for all tenants with weights of their own. */
  scoresOf(tx: Tx, appIds: readonly string[]): Promise<OwnScoreRow[]> {
    return tx.query<OwnScoreRow>('SELECT * FROM tenant_score WHERE app_id = ANY($1)', [appIds]);
  }

  /** A score that stays the same keeps its version and time. */
  writeScores(tx: Tx, scores: readonly NewOwnScore[], now: Date): Promise<OwnScoreRow[]> {
    const same = `(tenant_score.score IS NOT DISTINCT FROM excluded.score
       AND tenant_score.confidence = excluded.confidence)`;
    return tx.query<OwnScoreRow>(
      `INSERT INTO tenant_score (tenant_id, app_id, score, confidence, weights_version, version, scored_at)
       SELECT x.*, nextval('app_version'), $6
       FROM unnest($1::text[], $2::text[], $3::double precision[], $4::double precision[], $5::bigint[]) AS x
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET score = excluded.score, confidence = excluded.confidence,
         weights_version = excluded.weights_version,
         version = CASE WHEN ${same} THEN tenant_score.version ELSE excluded.version END,
         scored_at = CASE WHEN ${same} THEN tenant_score.scored_at ELSE excluded.scored_at END
       RETURNING *`,
      [
        scores.map(({ tenantId }) => tenantId),
        scores.map(({ appId }) => appId),
        scores.map(({ score }) => score ?? null),
        scores.map(({ confidence }) => confidence),
        scores.map(({ weightsVersion }) => weightsVersion),
        now,
      ],
    );
  }

  async deleteScores(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM tenant_score WHERE tenant_id = $1 AND app_id = ANY($2)', [tenantId, appIds]);
  }

  /** Removes what apps that are gone score for tenants. */
  deleteScoresOf(tx: Tx, appIds: readonly string[]): Promise<OwnScoreRow[]> {
    return tx.query<OwnScoreRow>('DELETE FROM tenant_score WHERE app_id = ANY($1) RETURNING *', [appIds]);
  }
}
