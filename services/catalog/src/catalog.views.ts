import { Inject, Injectable } from '@nestjs/common';
import { MatchRuleKind, type App } from '#contracts';
import { Database } from '#database';
import { HostIndex, type AppRule } from '#matcher';
import { criteriaConditions } from './app-conditions.js';
import { overrideOf, recordOf, tenantApp, type TenantAppRow } from './app-rows.js';
import { appNotFound } from './catalog.errors.js';
import type { AppListQuery } from './domain/app-list-query.js';
import { asMatchRule } from './domain/app-message.js';
import type { Rule } from './domain/app-record.js';
import { writeCursor } from './domain/cursor.js';
import { factors } from './domain/factors/registry.js';
import { addressesIn, claimingNames } from './domain/host-names.js';
import { identityFacts } from './domain/identity-facts.js';
import { explain, type Explanation } from './domain/score.js';
import { AS_DEFINED, weightingOf, type StoredWeighting, type Weighting } from './domain/weighting.js';
import { EFFECTIVE_SCORE, TENANT_COLUMNS, TENANT_JOINS } from './weights.store.js';

/** The apps that tenant $1 sees, with its overrides and the scores of its own weights laid over. */
export const VISIBLE = `
  SELECT a.*, ${TENANT_COLUMNS},
    ${EFFECTIVE_SCORE} AS effective_score,
    COALESCE(w.confidence, a.confidence) AS effective_confidence,
    GREATEST(a.updated_at, o.set_at, v.updated_at, CASE WHEN w.score IS DISTINCT FROM a.score THEN w.scored_at END)
      AS effective_updated_at
  FROM app a ${TENANT_JOINS}
  WHERE a.tenant_id IN ('', $1)`;

const SORT_KEYS = {
  name: { sql: `lower(name) COLLATE "C"`, type: 'text' },
  // Unscored apps come last either way.
  score: { sql: `COALESCE(effective_score, 11)`, type: 'double precision' },
  'score-descending': { sql: `COALESCE(effective_score, -1)`, type: 'double precision' },
  updated: { sql: 'effective_updated_at', type: 'timestamptz' },
} as const;

/** Who says what an app is called and where it lives. */
const RECORD = 'The app’s own record';

/** How the score of an app came about, and what a tenant set in its place. */
export interface ScoreView {
  readonly explanation: Explanation;
  readonly override: { readonly score: number; readonly reason: string } | undefined;
}

/** What is asked about the catalog: one method, one question. */
@Injectable()
export class CatalogViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** One page of the apps that a query finds, and how many it finds in all. */
  async list(tenantId: string, query: AppListQuery) {
    const { where, parameters } = await this.found(tenantId, query);
    const { sql, type } = SORT_KEYS[query.sort === 'score' && query.descending ? 'score-descending' : query.sort];
    const [compare, direction] = query.descending ? ['<', 'DESC'] : ['>', 'ASC'];
    const [key, id] = [parameters.length + 1, parameters.length + 2];
    const order = `place ${direction}, app_id COLLATE "C" ${direction}`;
    // Which apps it is, is found out once and by a few columns; the whole of them is read only for the page.
    const rows = await this.database.query<TenantAppRow & { sort_key: string; total: number }>(
      `WITH found AS MATERIALIZED (SELECT tenant_id, app_id, (${sql}) AS place FROM (${VISIBLE}) visible WHERE ${where}),
       page AS MATERIALIZED (SELECT * FROM found
         ${query.after ? `WHERE (place, app_id COLLATE "C") ${compare} ($${key}::${type}, $${id})` : ''}
         ORDER BY ${order} LIMIT ${query.first + 1})
       SELECT visible.*, page.place::text AS sort_key, (SELECT count(*)::int FROM found) AS total
       FROM page JOIN (${VISIBLE}) visible USING (tenant_id, app_id) ORDER BY ${order}`,
      query.after ? [...parameters, query.after.key, query.after.id] : parameters,
    );
    const page = rows.slice(0, query.first);
    return {
      apps: page.map((row) => tenantApp(row, tenantId)),
      cursors: page.map((row) => writeCursor({ order: query.order, key: row.sort_key, id: row.app_id })),
      hasNextPage: rows.length > query.first,
      totalCount: rows[0]?.total ?? (query.after ? await this.count(tenantId, query) : 0),
    };
  }

  private async count(tenantId: string, query: AppListQuery): Promise<number> {
    const { where, parameters } = await this.found(tenantId, query);
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int FROM (${VISIBLE}) visible WHERE ${where}`,
      parameters,
    );
    return rows[0]?.count ?? 0;
  }

  /** The conditions for the apps that a query finds, over the columns of {@link VISIBLE}, and their parameters. */
  async found(tenantId: string, query: AppListQuery): Promise<{ where: string; parameters: unknown[] }> {
    const { search, criteria } = query;
    const hosts = [search, criteria.domain].filter((host) => host !== '');
    const claims = hosts.length === 0 ? [] : await this.match(tenantId, hosts);
    const claimant = (host: string) => (host === '' ? '' : (claims[hosts.indexOf(host)]?.appId ?? ''));
    const { where, parameters, bind } = conditions(tenantId, query, claimant(search));
    where.push(...criteriaConditions(criteria, claimant(criteria.domain), bind));
    return { where: where.join(' AND '), parameters };
  }

  /** The apps of these ids, in that order; those that the tenant cannot see are left out. */
  async byId(tenantId: string, ids: readonly string[]): Promise<App[]> {
    const rows = await this.database.query<TenantAppRow>(`${VISIBLE} AND a.app_id = ANY($2)`, [tenantId, ids]);
    const apps = new Map(rows.map((row) => [row.app_id, tenantApp(row, tenantId)]));
    return ids.map((id) => apps.get(id)).filter((app) => app !== undefined);
  }

  /** @throws DomainError `catalog.app-not-found` */
  async score(tenantId: string, id: string): Promise<ScoreView> {
    const rows = await this.database.query<TenantAppRow>(`${VISIBLE} AND a.app_id = $2`, [tenantId, id]);
    if (!rows[0]) throw appNotFound(id);
    const app = recordOf(rows[0]);
    const who = identityFacts(app, RECORD, rows[0].updated_at.toISOString().slice(0, 10));
    const weights = await this.weightsBehind(tenantId, rows[0]);
    const explanation = explain(factors, [...who, ...app.facts], app.generativeAi, weights);
    return { explanation, override: overrideOf(rows[0], tenantId) };
  }

  /** The weights under which the app was scored: while others are being applied, not every app is by the newest. */
  private async weightsBehind(tenantId: string, { own_weights_version: version }: TenantAppRow): Promise<Weighting> {
    if (version === null) return AS_DEFINED;
    const rows = await this.database.query<{ settings: StoredWeighting }>(
      'SELECT settings FROM weighting WHERE tenant_id = $1 AND version = $2',
      [tenantId, version],
    );
    return rows[0] ? weightingOf(rows[0].settings) : AS_DEFINED;
  }

  /** For each host the rule that claims it; the tenant's own rules go before the same global ones. */
  async match(tenantId: string, hosts: readonly string[]): Promise<(AppRule | undefined)[]> {
    const names = [...new Set(hosts.flatMap(claimingNames))];
    const rows = await this.database.query<Rule & { app_id: string }>(
      `SELECT kind, value, path, app_id, tenant_id FROM match_rule WHERE tenant_id IN ('', $1) AND value = ANY($2)
       UNION ALL
       SELECT kind, value, '', app_id, tenant_id FROM host_assignment WHERE tenant_id = $1 AND value = ANY($2)
       UNION ALL
       SELECT kind, value, '', app_id, tenant_id FROM match_rule WHERE tenant_id IN ('', $1) AND kind = $3
         AND CASE WHEN kind = $3 THEN EXISTS (SELECT 1 FROM unnest($4::inet[]) a WHERE a <<= value::inet) END
       ORDER BY tenant_id DESC`,
      [tenantId, names, MatchRuleKind.IP_RANGE, addressesIn(hosts)],
    );
    const index = new HostIndex(rows.map((row) => ({ appId: row.app_id, rule: asMatchRule(row) })));
    return hosts.map((host) => index.match(host));
  }
}

function conditions(tenantId: string, query: AppListQuery, claimant: string) {
  const parameters: unknown[] = [tenantId];
  const bind = (value: unknown) => `$${parameters.push(value)}`;
  const where = ['true'];
  if (query.search !== '') {
    const like = bind(`%${query.search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`);
    where.push(`(lower(name) LIKE ${like} OR app_id = ${bind(claimant)} OR (tenant_id, app_id) IN
      (SELECT r.tenant_id, r.app_id FROM match_rule r WHERE r.tenant_id IN ('', $1) AND r.value LIKE ${like}) OR app_id IN
      (SELECT h.app_id FROM host_assignment h WHERE h.tenant_id = $1 AND h.value LIKE ${like}))`);
  }
  if (query.categories.length > 0) where.push(`category = ANY(${bind(query.categories)}::int[])`);
  if (query.aiKinds.length > 0) where.push(`ai_kind = ANY(${bind(query.aiKinds)}::int[])`);
  if (query.generativeAi !== undefined) where.push(`generative_ai = ${bind(query.generativeAi)}`);
  if (query.labelIds.length > 0) {
    where.push(`app_id IN (SELECT l.app_id FROM labelled_app l
      WHERE l.tenant_id = $1 AND l.label_id = ANY(${bind(query.labelIds)}))`);
  }
  if (query.minScore !== undefined) where.push(`effective_score >= ${bind(query.minScore)}`);
  if (query.maxScore !== undefined) where.push(`effective_score <= ${bind(query.maxScore)}`);
  return { where, parameters, bind };
}
