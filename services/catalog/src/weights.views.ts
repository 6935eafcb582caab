import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { OverrideRow } from './app-rows.js';
import { readCursor, writeCursor } from './domain/cursor.js';
import { invalidField } from './catalog.errors.js';
import { rescoreNotFound } from './weights.errors.js';
import type { WeightingRow } from './weights.store.js';

const OVERRIDE_ORDER = 'overrides';
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** Stands for "never" where overrides are sorted by when they fall away. */
const NEVER = '9999-12-31T23:59:59.999Z';

export type FullOverrideRow = OverrideRow & { readonly set_by: string };

export interface RowPage<Row> {
  readonly rows: readonly Row[];
  readonly cursors: readonly string[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

/** What is asked about a tenant's weights and overrides: one method, one question. */
@Injectable()
export class WeightsViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The newest weights; undefined where the tenant never set any. */
  async newest(tenantId: string): Promise<WeightingRow | undefined> {
    const rows = await this.database.query<WeightingRow>(
      'SELECT * FROM weighting WHERE tenant_id = $1 ORDER BY version DESC LIMIT 1',
      [tenantId],
    );
    return rows[0];
  }

  /** @throws DomainError `catalog.rescore-not-found` */
  async version(tenantId: string, version: bigint | undefined): Promise<WeightingRow> {
    const rows = await this.database.query<WeightingRow>(
      `SELECT * FROM weighting WHERE tenant_id = $1 AND ($2::bigint IS NULL OR version = $2)
       ORDER BY version DESC LIMIT 1`,
      [tenantId, version?.toString() ?? null],
    );
    if (!rows[0]) throw rescoreNotFound();
    return rows[0];
  }

  /** The overrides of a tenant: those that fall away next first, then those that never do. */
  async overrides(
    tenantId: string,
    { first, after }: { first: number; after: string },
  ): Promise<RowPage<FullOverrideRow>> {
    const place = after === '' ? undefined : readCursor(after, OVERRIDE_ORDER);
    if (after !== '' && (!place || !MOMENT.test(place.key) || Number.isNaN(Date.parse(place.key))))
      throw invalidField('page', 'after', 'That is no cursor of this list.');
    const key = `date_trunc('milliseconds', COALESCE(expires_at, '${NEVER}'))`;
    const rows = await this.database.query<FullOverrideRow>(
      `SELECT * FROM score_override
       WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (${key}, app_id COLLATE "C") > ($2, $3))
       ORDER BY ${key}, app_id COLLATE "C" LIMIT $4`,
      [tenantId, place?.key ?? null, place?.id ?? '', first + 1],
    );
    const counted = await this.database.query<{ count: number }>(
      'SELECT count(*)::int FROM score_override WHERE tenant_id = $1',
      [tenantId],
    );
    const page = rows.slice(0, first);
    return {
      rows: page,
      cursors: page.map((row) =>
        writeCursor({ order: OVERRIDE_ORDER, key: row.expires_at?.toISOString() ?? NEVER, id: row.app_id }),
      ),
      hasNextPage: rows.length > first,
      totalCount: counted[0]?.count ?? 0,
    };
  }
}
