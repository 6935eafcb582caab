import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import {
  DiscoveredAppSortField as SortField,
  type DiscoveredAppFilter,
  type DiscoveredAppSchema,
  type ListDiscoveredAppsRequest,
  type UsageOfDaySchema,
  type UsageOfEntitySchema,
} from '#contracts';
import { Database } from '#database';
import { EntityKind } from './domain/fold.js';
import { countOf, microsOf, timestampOf } from './columns.js';
import { pageOf, paged } from './page.js';
import { fieldInvalid } from './telemetry.errors.js';

const MAX_DAYS = 180;

/** The sort keys. All but the name are exact numbers, so that a cursor finds its place again. */
const SORT_KEYS: Readonly<Record<SortField, string>> = {
  [SortField.UNSPECIFIED]: '(bytes_up + bytes_down)',
  [SortField.NAME]: 'lower(name) COLLATE "C"',
  [SortField.SCORE]: 'coalesce(score, -1)::numeric',
  [SortField.USERS]: 'users::numeric',
  [SortField.TRANSACTIONS]: 'transactions',
  [SortField.TRAFFIC]: '(bytes_up + bytes_down)',
  [SortField.UPLOAD]: 'bytes_up',
  [SortField.LAST_SEEN]: 'last_seen::numeric',
  [SortField.FIRST_SEEN]: 'first_seen::numeric',
};

const SUMS = `coalesce(sum(u.transactions) FILTER (WHERE u.entity_kind = ${EntityKind.TOTAL}), 0) AS transactions,
  coalesce(sum(u.bytes_up) FILTER (WHERE u.entity_kind = ${EntityKind.TOTAL}), 0) AS bytes_up,
  coalesce(sum(u.bytes_down) FILTER (WHERE u.entity_kind = ${EntityKind.TOTAL}), 0) AS bytes_down,
  coalesce(sum(u.blocked) FILTER (WHERE u.entity_kind = ${EntityKind.TOTAL}), 0) AS blocked`;

/** From the first day that counts on: $2 days back from the newest day with data, all of them where it is 0. */
const SINCE = `($2::int = 0 OR u.day > (SELECT max(day) FROM usage_daily WHERE tenant_id = $1) - $2::int)`;

/** Every discovered app of tenant $1 with its use in the last $2 days. The tenant's own record of an app outranks the global one. */
const APPS = `SELECT s.app_id, coalesce(a.name, s.app_id) AS name, coalesce(a.category, 0) AS category,
    coalesce(a.generative_ai, false) AS generative_ai, a.score, coalesce(t.tag, 0) AS tag,
    s.users, s.devices, s.addresses, s.transactions, s.bytes_up, s.bytes_down, s.blocked,
    ${microsOf('d.first_seen_at')} AS first_seen, ${microsOf('d.last_seen_at')} AS last_seen
  FROM (
    SELECT u.app_id, ${SUMS},
      count(DISTINCT u.entity) FILTER (WHERE u.entity_kind = ${EntityKind.USER})::int AS users,
      count(DISTINCT u.entity) FILTER (WHERE u.entity_kind = ${EntityKind.DEVICE})::int AS devices,
      count(DISTINCT u.entity) FILTER (WHERE u.entity_kind = ${EntityKind.IP})::int AS addresses
    FROM usage_daily u WHERE u.tenant_id = $1 AND ${SINCE} AND ($3::text[] IS NULL OR u.app_id = ANY($3)) GROUP BY u.app_id
  ) s
  JOIN discovered_app d ON d.tenant_id = $1 AND d.app_id = s.app_id
  LEFT JOIN app_tag t ON t.tenant_id = $1 AND t.app_id = s.app_id
  LEFT JOIN LATERAL (
    SELECT * FROM catalog_app c WHERE c.app_id = s.app_id AND c.tenant_id IN ('', $1)
    ORDER BY c.removed, c.tenant_id DESC LIMIT 1
  ) a ON true`;

interface AppRow {
  app_id: string;
  name: string;
  category: number;
  generative_ai: boolean;
  score: number | null;
  tag: number;
  users: number;
  devices: number;
  addresses: number;
  transactions: string;
  bytes_up: string;
  bytes_down: string;
  blocked: string;
  first_seen: string;
  last_seen: string;
}

interface EntityRow {
  entity: string;
  name: string;
  transactions: string;
  bytes_up: string;
  bytes_down: string;
  blocked: string;
  first_seen: string;
  last_seen: string;
}

/** What is asked about discovered apps and their use. */
@Injectable()
export class UsageViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Discovered apps that pass the filter, sorted; ties by app id. */
  async list(tenantId: string, request: ListDiscoveredAppsRequest) {
    const list = `apps:${request.sort}:${request.descending ? 'desc' : 'asc'}`;
    const { first, after } = pageOf(request.page, list, 2);
    const key = SORT_KEYS[request.sort] ?? SORT_KEYS[SortField.UNSPECIFIED];
    const isName = request.sort === SortField.NAME;
    if (after && !isName && !/^-?\d{1,40}(\.\d{1,40})?$/.test(after[0] as string))
      throw fieldInvalid('after', 'is no cursor');
    const direction = request.descending ? 'DESC' : 'ASC';
    const filter = filterOf(request.filter);
    const parameters = [tenantId, daysOf(request.days), null, ...filter.parameters];
    // One statement: what it costs is to add up the usage, and the page and the count need the same sums.
    const rows = await this.database.query<(AppRow & { sort_key: string; total: number }) | { total: number }>(
      `WITH app AS (${APPS}), kept AS MATERIALIZED (SELECT * FROM app WHERE ${filter.sql})
       SELECT * FROM (SELECT count(*)::int AS total FROM kept) t
       LEFT JOIN (
         SELECT *, (${key})::text AS sort_key FROM kept
         WHERE $10::text IS NULL OR (${key}, app_id) ${request.descending ? '<' : '>'} ($10::${isName ? 'text' : 'numeric'}, $11::text)
         ORDER BY ${key} ${direction}, app_id ${direction} LIMIT $12
       ) page ON true
       ORDER BY ${key} ${direction}, app_id ${direction}`,
      [...parameters, after?.[0] ?? null, after?.[1] ?? null, first + 1],
    );
    const page = rows.filter((row) => 'app_id' in row && row.app_id !== null) as (AppRow & { sort_key: string })[];
    return paged(page, first, rows[0]?.total ?? 0, list, (row) => [row.sort_key, row.app_id], appMessage);
  }

  /** The apps of these ids in the order asked; those never seen are left out. */
  async byIds(tenantId: string, appIds: readonly string[], days: number) {
    const rows = await this.database.query<AppRow>(APPS, [tenantId, daysOf(days), appIds]);
    const byId = new Map(rows.map((row) => [row.app_id, appMessage(row)]));
    return appIds.flatMap((id) => byId.get(id) ?? []);
  }

  /** One app's use on each day that has any, oldest first. */
  async days(tenantId: string, appId: string, days: number): Promise<MessageInitShape<typeof UsageOfDaySchema>[]> {
    const rows = await this.database.query<Omit<EntityRow, 'entity'> & { day: string; users: number }>(
      `SELECT u.day::text AS day, ${SUMS}, count(*) FILTER (WHERE u.entity_kind = ${EntityKind.USER})::int AS users
       FROM usage_daily u WHERE u.tenant_id = $1 AND ${SINCE} AND u.app_id = $3 GROUP BY u.day ORDER BY u.day`,
      [tenantId, daysOf(days), appId],
    );
    return rows.map((row) => ({ day: row.day, users: row.users, ...countsOf(row) }));
  }

  /** The users, devices or addresses that used an app most, by transactions. */
  async top(
    tenantId: string,
    appId: string,
    days: number,
    kind: EntityKind,
    limit: number,
  ): Promise<MessageInitShape<typeof UsageOfEntitySchema>[]> {
    const rows = await this.database.query<EntityRow>(
      `SELECT u.entity, coalesce(max(d.name), u.entity) AS name, sum(u.transactions) AS transactions,
         sum(u.bytes_up) AS bytes_up, sum(u.bytes_down) AS bytes_down, sum(u.blocked) AS blocked,
         ${microsOf('min(u.first_seen_at)')} AS first_seen, ${microsOf('max(u.last_seen_at)')} AS last_seen
       FROM usage_daily u
       LEFT JOIN device d ON $4::int = ${EntityKind.DEVICE} AND d.tenant_id = $1 AND d.device_id = u.entity
       WHERE u.tenant_id = $1 AND ${SINCE} AND u.app_id = $3 AND u.entity_kind = $4::int
       GROUP BY u.entity ORDER BY sum(u.transactions) DESC, u.entity LIMIT $5`,
      [tenantId, daysOf(days), appId, kind, limit],
    );
    return rows.map((row) => ({
      entity: row.entity,
      name: row.name,
      ...countsOf(row),
      firstSeenAt: timestampOf(row.first_seen),
      lastSeenAt: timestampOf(row.last_seen),
    }));
  }
}

/** Conditions on `app`, as parameters $4 to $9. */
function filterOf(filter: DiscoveredAppFilter | undefined): { sql: string; parameters: unknown[] } {
  const listOf = <T>(values: readonly T[] | undefined): readonly T[] | null =>
    values && values.length > 0 ? values : null;
  const ids = listOf(filter?.appIds);
  return {
    sql: `($4 = '' OR strpos(lower(name), $4) > 0) AND ($5::int[] IS NULL OR category = ANY($5))
      AND ($6::boolean IS NULL OR generative_ai = $6)
      AND ($7::float8[] IS NULL OR (score IS NOT NULL AND score BETWEEN $7[1] AND $7[2]))
      AND ($8::int[] IS NULL OR tag = ANY($8)) AND ($9::text[] IS NULL OR app_id = ANY($9))`,
    parameters: [
      (filter?.search ?? '').replaceAll('\0', '').trim().toLowerCase(),
      listOf(filter?.categories),
      filter?.generativeAi ?? null,
      filter?.minScore === undefined && filter?.maxScore === undefined
        ? null
        : [filter.minScore ?? 0, filter.maxScore ?? 10],
      listOf(filter?.tags),
      ids && ids.map((id) => id.replaceAll('\0', '')),
    ],
  };
}

function daysOf(days: number): number {
  if (days > MAX_DAYS) throw fieldInvalid('days', `must be 0 to ${MAX_DAYS}`);
  return days;
}

function countsOf(row: { transactions: string; bytes_up: string; bytes_down: string; blocked: string }) {
  return {
    transactions: countOf(row.transactions),
    bytesUp: countOf(row.bytes_up),
    bytesDown: countOf(row.bytes_down),
    blocked: countOf(row.blocked),
  };
}

function appMessage(row: AppRow): MessageInitShape<typeof DiscoveredAppSchema> {
  return {
    appId: row.app_id,
    name: row.name,
    category: row.category,
    generativeAi: row.generative_ai,
    score: row.score ?? undefined,
    tag: row.tag,
    users: row.users,
    devices: row.devices,
    ipAddresses: row.addresses,
    ...countsOf(row),
    firstSeenAt: timestampOf(row.first_seen),
    lastSeenAt: timestampOf(row.last_seen),
  };
}
