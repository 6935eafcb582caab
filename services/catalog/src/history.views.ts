import { Inject, Injectable } from '@nestjs/common';
import type { AppChangeCause, AppFeedKind } from '#contracts';
import { Database } from '#database';
import { invalidField } from './catalog.errors.js';
import type { FactorMove } from './domain/app-change.js';
import type { Rule } from './domain/app-record.js';
import type { Snapshot } from './domain/feed-kinds.js';
import { readCursor, writeCursor } from './domain/cursor.js';
import type { RowPage } from './weights.views.js';

const FEED_ORDER = 'changes';

/** A row of `score_history`. */
export interface HistoryRow {
  readonly tenant_id: string;
  readonly at: Date;
  readonly score_before: number | null;
  readonly score: number | null;
  readonly confidence: number;
  readonly cause: AppChangeCause;
  readonly cause_detail: string;
  readonly changed_factors: FactorMove[];
}

/** A row of `app_change`. */
export interface ChangeRow {
  readonly tenant_id: string;
  readonly entry: string;
  readonly app_id: string;
  readonly at: Date;
  readonly kinds: AppFeedKind[];
  readonly before: Snapshot | null;
  readonly after: Snapshot | null;
  readonly added_rules: Rule[];
  readonly removed_rules: Rule[];
  readonly changed_factors: FactorMove[];
  readonly cause: AppChangeCause;
  readonly cause_detail: string;
}

export interface FeedQuery {
  readonly kinds: readonly AppFeedKind[];
  readonly since: Date | undefined;
  readonly first: number;
  readonly after: string;
}

/** What became of scores and apps: one method, one question. */
@Injectable()
export class HistoryViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** How the score of an app moved, newest first: the global one, and the tenant's own. */
  scores(tenantId: string, appId: string, first: number): Promise<HistoryRow[]> {
    return this.database.query<HistoryRow>(
      `SELECT * FROM score_history WHERE tenant_id IN ('', $1) AND app_id = $2 ORDER BY entry DESC LIMIT $3`,
      [tenantId, appId, first],
    );
  }

  /** One page of what changed in the catalog that a tenant sees, newest first, and how much it is in all. */
  async changes(tenantId: string, { kinds, since, first, after }: FeedQuery): Promise<RowPage<ChangeRow>> {
    const place = after === '' ? undefined : readCursor(after, FEED_ORDER);
    if (after !== '' && (!place || !/^\d{1,18}$/.test(place.key)))
      throw invalidField('page', 'after', 'That is no cursor of this list.');
    const where = `tenant_id IN ('', $1) AND ($2::timestamptz IS NULL OR at >= $2)
      AND ($3::smallint[] = '{}' OR kinds && $3::smallint[])`;
    const wanted = [tenantId, since ?? null, `{${kinds.join()}}`];
    const rows = await this.database.query<ChangeRow>(
      `SELECT * FROM app_change WHERE ${where} AND ($4::bigint IS NULL OR entry < $4) ORDER BY entry DESC LIMIT $5`,
      [...wanted, place?.key ?? null, first + 1],
    );
    const counted = await this.database.query<{ count: number }>(
      `SELECT count(*)::int FROM app_change WHERE ${where}`,
      wanted,
    );
    const page = rows.slice(0, first);
    return {
      rows: page,
      cursors: page.map((row) => writeCursor({ order: FEED_ORDER, key: row.entry, id: row.app_id })),
      hasNextPage: rows.length > first,
      totalCount: counted[0]?.count ?? 0,
    };
  }
}
