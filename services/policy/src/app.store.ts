import { Injectable } from '@nestjs/common';
import type { AiKind, AppCategory } from '#contracts';
import type { Tx } from '#database';
import type { AppFacts } from './domain/app-facts.js';

/** The tenant of the global catalog. */
export const GLOBAL = '';

/** One app of the catalog as an event told it. */
export interface AppChange {
  /** Empty for the global catalog. */
  readonly tenantId: string;
  readonly facts: AppFacts;
  readonly removed: boolean;
}

export interface AppRow {
  tenant_id: string;
  app_id: string;
  name: string;
  category: AppCategory;
  ai_kind: AiKind;
  generative_ai: boolean;
  score: number | null;
  removed: boolean;
  revision: string;
}

/**
 * This service's own snapshot of the catalog and of what was discovered, and the locks that keep evaluations apart.
 *
 * Whoever evaluates holds its tenant's lock and shares the catalog's; whoever changes the global catalog holds the
 * catalog's alone. So an evaluation never misses a change that is being committed beside it.
 */
@Injectable()
export class AppStore {
  async lockTenants(tx: Tx, tenantIds: Iterable<string>): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('gnomon policy catalog', 0))`);
    for (const tenantId of [...new Set(tenantIds)].sort()) {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`gnomon policy tenant ${tenantId}`]);
    }
  }

  /** Keeps every evaluation of every tenant out until the transaction ends. */
  async lockCatalog(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('gnomon policy catalog', 0))`);
  }

  /** A removed global app leaves a tombstone for the in-memory snapshots; a tenant's own record just goes. */
  async writeApps(tx: Tx, changes: readonly AppChange[]): Promise<void> {
    const rows = changes.map(({ tenantId, facts, removed }) => ({
      tenant_id: tenantId,
      app_id: facts.appId,
      name: facts.name,
      category: facts.category,
      ai_kind: facts.aiKind,
      generative_ai: facts.generativeAi,
      score: facts.score ?? null,
      removed,
    }));
    await tx.query(
      `INSERT INTO app (tenant_id, app_id, name, category, ai_kind, generative_ai, score, removed, revision)
       SELECT x.*, nextval('app_revision')
       FROM jsonb_to_recordset($1::jsonb) AS x(tenant_id text, app_id text, name text, category smallint,
         ai_kind smallint, generative_ai boolean, score double precision, removed boolean)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET name = excluded.name, category = excluded.category,
         ai_kind = excluded.ai_kind, generative_ai = excluded.generative_ai, score = excluded.score,
         removed = excluded.removed, revision = excluded.revision`,
      [JSON.stringify(rows)],
    );
    await tx.query(
      `DELETE FROM app WHERE removed AND tenant_id <> '' AND (tenant_id, app_id) IN
         (SELECT x.tenant_id, x.app_id FROM jsonb_to_recordset($1::jsonb) AS x(tenant_id text, app_id text, removed boolean)
          WHERE x.removed)`,
      [JSON.stringify(rows)],
    );
  }

  /** Apps by id as the tenant sees them: its own record outranks the global one. Removed ones are left out. */
  async effective(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<AppFacts[]> {
    const rows = await tx.query<AppRow>(
      `SELECT DISTINCT ON (app_id) * FROM app
       WHERE app_id = ANY($2) AND tenant_id IN ('', $1) AND NOT removed
       ORDER BY app_id, tenant_id DESC`,
      [tenantId, appIds],
    );
    return rows.map(appOf);
  }

  /** The tenant's own records: custom apps and overridden global ones. */
  async ownApps(tx: Tx, tenantId: string): Promise<AppFacts[]> {
    const rows = await tx.query<AppRow>('SELECT * FROM app WHERE tenant_id = $1 AND NOT removed', [tenantId]);
    return rows.map(appOf);
  }

  /** Global apps that changed after a revision, removed ones included, in order of revision. */
  globalAppsAfter(tx: Tx, revision: bigint, limit: number): Promise<AppRow[]> {
    return tx.query<AppRow>(`SELECT * FROM app WHERE tenant_id = '' AND revision > $1 ORDER BY revision LIMIT $2`, [
      revision.toString(),
      limit,
    ]);
  }

  async writeDiscovered(tx: Tx, tenantId: string, apps: ReadonlyMap<string, Date>): Promise<void> {
    await tx.query(
      `INSERT INTO discovered_app (tenant_id, app_id, first_seen_at)
       SELECT $1, * FROM unnest($2::text[], $3::timestamptz[])
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET first_seen_at = least(discovered_app.first_seen_at, excluded.first_seen_at)`,
      [tenantId, [...apps.keys()], [...apps.values()]],
    );
  }

  /** Which of the tenant's apps were seen in its traffic; of these ids only, where any are given. */
  async discovered(tx: Tx, tenantId: string, appIds?: readonly string[]): Promise<Set<string>> {
    const sql = 'SELECT app_id FROM discovered_app WHERE tenant_id = $1 AND ($2::text[] IS NULL OR app_id = ANY($2))';
    const rows = await tx.query<{ app_id: string }>(sql, [tenantId, appIds ?? null]);
    return new Set(rows.map((row) => row.app_id));
  }
}

export function appOf(row: AppRow): AppFacts {
  return {
    appId: row.app_id,
    name: row.name,
    category: row.category,
    aiKind: row.ai_kind,
    generativeAi: row.generative_ai,
    score: row.score ?? undefined,
  };
}
