import { Injectable } from '@nestjs/common';
import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  ListConflictsResponseSchema,
  type BlocklistSchema,
  type BlockConflict,
  type DeviceStateSchema,
} from '#contracts';
import { Database } from '#database';
import { deliveryStateOf } from './domain/delivery-state.js';
import { cursorOf, type Slice, type Sliced } from './domain/page.js';

interface StateRow {
  device_id: string;
  group_name: string;
  current_revision: string;
  delivered_revision: string;
  delivered_at: Date | null;
  applied_revision: string;
  applied_at: Date | null;
  failed_revision: string;
  error: string;
  as_of: Date | null;
}

interface ListRow {
  group_name: string;
  revision: string;
  content_hash: Buffer;
  block_rules: number;
  warn_rules: number;
  conflicts: number;
  published_at: Date;
  expires_at: Date;
  devices: number;
  delivered: number;
  applied: number;
  failed: number;
}

type ListView = MessageInitShape<typeof BlocklistSchema>;
type StateView = MessageInitShape<typeof DeviceStateSchema>;

/** More groups than this have no place on one page, and none are made by hand. */
const MAX_GROUPS = 1_000;

/** Questions about lists and how far they have got. */
@Injectable()
export class BlocklistViews {
  constructor(private readonly database: Database) {}

  /** The current list of each group, the first thousand groups by name. */
  async lists(tenantId: string): Promise<ListView[]> {
    const rows = await this.database.query<ListRow>(LISTS, [tenantId, MAX_GROUPS]);
    return rows.map(toList);
  }

  /** What could not be put on the lists of a tenant. */
  async conflicts(tenantId: string): Promise<BlockConflict[]> {
    const [row] = await this.database.query<{ conflicts: Buffer }>(
      'SELECT conflicts FROM compilation WHERE tenant_id = $1',
      [tenantId],
    );
    return row ? fromBinary(ListConflictsResponseSchema, row.conflicts).conflicts : [];
  }

  /** Devices that are not revoked, by id, with where they are. @param group empty = all */
  async states(tenantId: string, group: string, { first, after }: Slice): Promise<Sliced<StateView>> {
    const rows = await this.database.query<StateRow & { total: number }>(
      `SELECT s.*, t.total FROM (
         SELECT count(*)::integer AS total FROM device
         WHERE tenant_id = $1 AND NOT revoked AND ($2 = '' OR group_name = $2)) t
       LEFT JOIN LATERAL (${STATES} AND NOT v.revoked AND ($2 = '' OR v.group_name = $2) AND v.device_id > $3
         ORDER BY v.device_id LIMIT $4) s ON true
       ORDER BY s.device_id`,
      [tenantId, group, after ?? '', first + 1],
    );
    const found = rows.filter((row) => row.device_id !== null);
    const items = found.slice(0, first);
    const cursors = items.map((row) => cursorOf(row.device_id));
    return {
      items: items.map(toState),
      info: { cursors, hasNextPage: found.length > first, totalCount: rows[0]?.total ?? 0 },
    };
  }

  /** Where these devices are; those that never asked for a list are left out. */
  async statesById(tenantId: string, deviceIds: readonly string[]): Promise<StateView[]> {
    const rows = await this.database.query<StateRow>(
      `${STATES} AND v.device_id = ANY($2::text[]) AND d.as_of IS NOT NULL ORDER BY v.device_id`,
      [tenantId, deviceIds],
    );
    return rows.map(toState);
  }

  /** The names of apps as the tenant sees them, by id. As many as asked for. */
  async appNames(tenantId: string, appIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.database.query<{ app_id: string; name: string }>(
      `SELECT DISTINCT ON (app_id) app_id, name FROM app
       WHERE tenant_id IN ('', $1) AND app_id = ANY($2::text[]) ORDER BY app_id, tenant_id DESC`,
      [tenantId, appIds],
    );
    return new Map(rows.map((row) => [row.app_id, row.name]));
  }
}

const STATES = `SELECT v.device_id, v.group_name, coalesce(g.revision, 0) AS current_revision,
    coalesce(d.delivered_revision, 0) AS delivered_revision, d.delivered_at,
    coalesce(d.applied_revision, 0) AS applied_revision, d.applied_at,
    coalesce(d.failed_revision, 0) AS failed_revision, coalesce(d.error, '') AS error, d.as_of
  FROM device v
  LEFT JOIN device_group g USING (tenant_id, group_name)
  LEFT JOIN delivery d USING (tenant_id, device_id, group_name)
  WHERE v.tenant_id = $1`;

// The same order of questions as deliveryStateOf.
const LISTS = `SELECT g.group_name, r.revision, r.content_hash, r.block_rules, r.warn_rules,
    coalesce(c.conflict_count, 0) AS conflicts, r.published_at, r.expires_at,
    coalesce(n.devices, 0) AS devices, coalesce(n.failed, 0) AS failed, coalesce(n.applied, 0) AS applied,
    coalesce(n.delivered, 0) AS delivered
  FROM device_group g
  JOIN revision r USING (tenant_id, group_name, revision)
  LEFT JOIN compilation c ON c.tenant_id = g.tenant_id
  LEFT JOIN LATERAL (
    SELECT count(*)::integer AS devices,
      count(*) FILTER (WHERE s.state = 'failed')::integer AS failed,
      count(*) FILTER (WHERE s.state = 'applied')::integer AS applied,
      count(*) FILTER (WHERE s.state = 'delivered')::integer AS delivered
    FROM device v
    LEFT JOIN delivery d USING (tenant_id, device_id, group_name)
    CROSS JOIN LATERAL (SELECT CASE
      WHEN d.failed_revision >= g.revision THEN 'failed'
      WHEN d.applied_revision >= g.revision THEN 'applied'
      WHEN d.delivered_revision >= g.revision THEN 'delivered' END AS state) s
    WHERE v.tenant_id = $1 AND v.group_name = g.group_name AND NOT v.revoked) n ON true
  WHERE g.tenant_id = $1
  ORDER BY g.group_name LIMIT $2`;

function toList(row: ListRow): ListView {
  const { devices, delivered, applied, failed } = row;
  return {
    group: row.group_name,
    revision: BigInt(row.revision),
    hash: row.content_hash.toString('hex'),
    blockRules: row.block_rules,
    warnRules: row.warn_rules,
    conflicts: row.conflicts,
    publishedAt: timestampFromDate(row.published_at),
    expiresAt: timestampFromDate(row.expires_at),
    delivery: { devices, published: devices - delivered - applied - failed, delivered, applied, failed },
  };
}

function toState(row: StateRow): StateView {
  const current = BigInt(row.current_revision);
  const record = {
    deliveredRevision: BigInt(row.delivered_revision),
    appliedRevision: BigInt(row.applied_revision),
    failedRevision: BigInt(row.failed_revision),
  };
  return {
    deviceId: row.device_id,
    group: row.group_name,
    state: deliveryStateOf(record, current),
    currentRevision: current,
    deliveredRevision: record.deliveredRevision,
    appliedRevision: record.appliedRevision,
    ...(row.delivered_at ? { deliveredAt: timestampFromDate(row.delivered_at) } : {}),
    ...(row.applied_at ? { appliedAt: timestampFromDate(row.applied_at) } : {}),
    ...(row.as_of ? { asOf: timestampFromDate(row.as_of) } : {}),
    error: row.error,
  };
}
