import { Inject, Injectable } from '@nestjs/common';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { App, AppFacetsSchema } from '#contracts';
import { Database } from '#database';
import { CatalogViews, VISIBLE } from './catalog.views.js';
import type { AppListQuery } from './domain/app-list-query.js';

/** Apps of one answer of an export: some 300 KB. */
const EXPORT_STEP = 200;

interface FacetRow {
  readonly facet: 'category' | 'ai' | 'score' | 'country' | 'total';
  readonly value: string | null;
  readonly count: number;
}

/** What is asked about many apps at once: one method, one question. */
@Injectable()
export class AppSearchViews {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly catalog: CatalogViews,
  ) {}

  /** How many of the apps that a query finds have what, and how many a known value of each of these factors. */
  async facets(
    tenantId: string,
    query: AppListQuery,
    factorIds: readonly string[],
  ): Promise<MessageInitShape<typeof AppFacetsSchema>> {
    const [rows, known] = await Promise.all([
      this.counts(tenantId, query),
      factorIds.length === 0 ? [] : this.known(tenantId, query, factorIds),
    ]);
    const of = (facet: FacetRow['facet']) => rows.filter((row) => row.facet === facet);
    const total = of('total')[0]?.count ?? 0;
    return {
      totalCount: total,
      categories: of('category').map(({ value, count }) => ({ category: Number(value), count })),
      aiKinds: of('ai').map(({ value, count }) => ({ aiKind: Number(value), count })),
      scores: of('score').map(({ value, count }) => ({ from: value === null ? undefined : Number(value), count })),
      countries: of('country').map(({ value, count }) => ({ value: value ?? '', count })),
      factors: factorIds.map((factorId, at) => {
        const count = known[at] ?? 0;
        return { factorId, known: count, unknown: Math.max(0, total - count) };
      }),
    };
  }

  /** The apps that a query finds, after the one with this id, a bounded number of them, by id. */
  async exported(tenantId: string, query: AppListQuery, afterId: string): Promise<{ apps: App[]; hasNext: boolean }> {
    const { where, parameters } = await this.catalog.found(tenantId, query);
    const rows = await this.database.query<{ app_id: string }>(
      `SELECT app_id FROM (${VISIBLE}) visible WHERE ${where} AND app_id COLLATE "C" > $${parameters.length + 1}
       ORDER BY app_id COLLATE "C" LIMIT ${EXPORT_STEP + 1}`,
      [...parameters, afterId],
    );
    const ids = rows.slice(0, EXPORT_STEP).map((row) => row.app_id);
    return { apps: await this.catalog.byId(tenantId, ids), hasNext: rows.length > EXPORT_STEP };
  }

  private async counts(tenantId: string, query: AppListQuery): Promise<FacetRow[]> {
    const { where, parameters } = await this.catalog.found(tenantId, query);
    return this.database.query<FacetRow>(
      `WITH found AS MATERIALIZED (
         SELECT category, ai_kind, CASE WHEN effective_score >= 9 THEN 9 ELSE floor(effective_score) END AS bucket, country
         FROM (${VISIBLE}) visible WHERE ${where})
       SELECT CASE grouping(category, ai_kind, bucket, country)
           WHEN 7 THEN 'category' WHEN 11 THEN 'ai' WHEN 13 THEN 'score' WHEN 14 THEN 'country' ELSE 'total' END AS facet,
         COALESCE(category::text, ai_kind::text, bucket::text, country) AS value, count(*)::int AS count
       FROM found GROUP BY GROUPING SETS ((category), (ai_kind), (bucket), (country), ())
       ORDER BY count DESC, value`,
      parameters,
    );
  }

  private async known(tenantId: string, query: AppListQuery, factorIds: readonly string[]): Promise<number[]> {
    const { where, parameters } = await this.catalog.found(tenantId, query);
    const counts = factorIds.map((id) => `count(*) FILTER (WHERE fact_ids ? $${parameters.push(id)})::int`);
    const rows = await this.database.query<{ counts: number[] }>(
      `SELECT ARRAY[${counts.join(', ')}] AS counts FROM (${VISIBLE}) visible WHERE ${where}`,
      parameters,
    );
    return rows[0]?.counts ?? [];
  }
}
