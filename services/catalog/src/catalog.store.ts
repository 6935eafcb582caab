import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import type { AppRow, OverrideRow } from './app-rows.js';
import type { Rule, ScoredApp } from './domain/app-record.js';
import { ruleKey } from './domain/rule-normalise.js';

/** A rule that is taken, and by whom. */
export interface TakenRule extends Rule {
  readonly app_id: string;
  readonly name: string;
}

/** Apps and their rules, as they are written. */
@Injectable()
export class CatalogStore {
  /** The apps of one owner by id, locked until the end of the transaction. */
  async lock(tx: Tx, tenantId: string, ids: readonly string[]): Promise<Map<string, AppRow>> {
    const rows = await tx.query<AppRow>(
      'SELECT * FROM app WHERE tenant_id = $1 AND app_id = ANY($2) ORDER BY app_id FOR UPDATE',
      [tenantId, ids],
    );
    return new Map(rows.map((row) => [row.app_id, row]));
  }

  /** An app that a tenant sees, global or its own, locked. */
  async lockVisible(tx: Tx, tenantId: string, id: string): Promise<AppRow | undefined> {
    const rows = await tx.query<AppRow>(
      `SELECT * FROM app WHERE tenant_id IN ('', $1) AND app_id = $2 ORDER BY tenant_id DESC LIMIT 1 FOR UPDATE`,
      [tenantId, id],
    );
    return rows[0];
  }

  /** Writes apps and their rules over what there was. A rule goes to whoever is written last. */
  async write(tx: Tx, tenantId: string, apps: readonly ScoredApp[], now: Date): Promise<AppRow[]> {
    const rows = await tx.query<AppRow>(
      `INSERT INTO app (tenant_id, app_id, name, category, ai_kind, generative_ai, vendor, homepage, description,
         rules, facts, score, confidence, version, updated_at)
       SELECT $1, x.id, x.name, x.category, x."aiKind", x."generativeAi", x.vendor, x.homepage, x.description,
         x.rules, x.facts, x.score, x.confidence, nextval('app_version'), $3
       FROM jsonb_to_recordset($2::jsonb) AS x(id text, name text, category smallint, "aiKind" smallint,
         "generativeAi" boolean, vendor text, homepage text, description text, rules jsonb, facts jsonb,
         score double precision, confidence double precision)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET name = excluded.name, category = excluded.category,
         ai_kind = excluded.ai_kind, generative_ai = excluded.generative_ai, vendor = excluded.vendor,
         homepage = excluded.homepage, description = excluded.description, rules = excluded.rules,
         facts = excluded.facts, score = excluded.score, confidence = excluded.confidence,
         version = excluded.version, updated_at = excluded.updated_at
       RETURNING *`,
      [tenantId, JSON.stringify(apps), now],
    );
    await tx.query('DELETE FROM match_rule WHERE tenant_id = $1 AND app_id = ANY($2)', [
      tenantId,
      apps.map((app) => app.id),
    ]);
    const rules = apps.flatMap((app) => app.rules.map((rule) => ({ ...rule, appId: app.id })));
    await tx.query(
      `INSERT INTO match_rule (tenant_id, kind, value, path, app_id)
       SELECT $1, x.kind, x.value, x.path, x."appId"
       FROM jsonb_to_recordset($2::jsonb) AS x(kind smallint, value text, path text, "appId" text)
       ON CONFLICT (tenant_id, kind, value, path) DO UPDATE SET app_id = excluded.app_id`,
      [tenantId, JSON.stringify(rules)],
    );
    return rows;
  }

  async delete(tx: Tx, tenantId: string, ids: readonly string[]): Promise<AppRow[]> {
    return tx.query<AppRow>('DELETE FROM app WHERE tenant_id = $1 AND app_id = ANY($2) RETURNING *', [tenantId, ids]);
  }

  /** Which of these rules the global catalog or the tenant has already. */
  async taken(tx: Tx, tenantId: string, rules: readonly Rule[]): Promise<TakenRule[]> {
    const rows = await tx.query<TakenRule>(
      `SELECT r.kind, r.value, r.path, r.app_id, a.name FROM match_rule r JOIN app a USING (tenant_id, app_id)
       WHERE r.tenant_id IN ('', $1) AND r.value = ANY($2)
       UNION ALL
       SELECT h.kind, h.value, '', h.app_id, a.name FROM host_assignment h JOIN app a ON a.app_id = h.app_id
       WHERE h.tenant_id = $1 AND a.tenant_id IN ('', $1) AND h.value = ANY($2)`,
      [tenantId, rules.map((rule) => rule.value)],
    );
    const wanted = new Set(rules.map(ruleKey));
    return rows.filter((row) => wanted.has(ruleKey(row)));
  }

  /** Makes changes of one tenant's own apps and overrides wait for each other. */
  async lockTenant(tx: Tx, tenantId: string): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`gnomon catalog ${tenantId}`]);
  }

  async countOwn(tx: Tx, table: 'app' | 'score_override', tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>(`SELECT count(*)::int FROM ${table} WHERE tenant_id = $1`, [
      tenantId,
    ]);
    return rows[0]?.count ?? 0;
  }

  async exists(tx: Tx, tenantId: string, id: string): Promise<boolean> {
    const rows = await tx.query(`SELECT 1 FROM app WHERE tenant_id IN ('', $1) AND app_id = $2`, [tenantId, id]);
    return rows.length > 0;
  }

  async override(tx: Tx, tenantId: string, id: string): Promise<OverrideRow | undefined> {
    const rows = await tx.query<OverrideRow>('SELECT * FROM score_override WHERE tenant_id = $1 AND app_id = $2', [
      tenantId,
      id,
    ]);
    return rows[0];
  }

  /** The overrides that tenants have of global apps. */
  async overridesOf(tx: Tx, ids: readonly string[]): Promise<OverrideRow[]> {
    return tx.query<OverrideRow>('SELECT * FROM score_override WHERE app_id = ANY($1) ORDER BY app_id, tenant_id', [
      ids,
    ]);
  }

  async writeOverride(
    tx: Tx,
    override: {
      tenantId: string;
      appId: string;
      score: number;
      reason: string;
      setBy: string;
      setAt: Date;
      expiresAt: Date | undefined;
    },
  ): Promise<OverrideRow> {
    const rows = await tx.query<OverrideRow>(
      `INSERT INTO score_override (tenant_id, app_id, score, reason, set_by, set_at, expires_at, version)
       VALUES ($1, $2, $3, $4, $5, $6, $7, nextval('app_version'))
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET score = excluded.score, reason = excluded.reason,
         set_by = excluded.set_by, set_at = excluded.set_at, expires_at = excluded.expires_at,
         version = excluded.version
       RETURNING *`,
      [
        override.tenantId,
        override.appId,
        override.score,
        override.reason,
        override.setBy,
        override.setAt,
        override.expiresAt ?? null,
      ],
    );
    return rows[0] as OverrideRow;
  }

  async deleteOverride(tx: Tx, tenantId: string, id: string): Promise<void> {
    await tx.query('DELETE FROM score_override WHERE tenant_id = $1 AND app_id = $2', [tenantId, id]);
  }

  /** Overrides whose time is up. */
  async expired(tx: Tx, now: Date, limit: number): Promise<OverrideRow[]> {
    return tx.query<OverrideRow>('SELECT * FROM score_override WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2', [
      now,
      limit,
    ]);
  }

  /** Removes the overrides of global apps that are gone. */
  async deleteOverridesOf(tx: Tx, ids: readonly string[]): Promise<OverrideRow[]> {
    return tx.query<OverrideRow>('DELETE FROM score_override WHERE app_id = ANY($1) RETURNING *', [ids]);
  }
}
