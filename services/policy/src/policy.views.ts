import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { Tag, type AppTagSchema, type PageInfoSchema, type PageRequest, type PolicySchema } from '#contracts';
import type { PolicyMatchSchema } from '#contracts';
import { Database } from '#database';
import { decodeCursor, encodeCursor } from './domain/cursor.js';
import { invalidPage } from './policy.errors.js';
import { policyOf, type PolicyRow, type StoredPolicy } from './policy.store.js';
import { tagOf, type StoredTag, type TagRow } from './tag.store.js';

const MAX_PAGE = 100;

/** One page of a list, and where it stands in the whole. */
export interface Page<T> {
  readonly items: T[];
  readonly info: MessageInitShape<typeof PageInfoSchema>;
}

const SELECT_POLICY = `SELECT p.*, (SELECT count(*)::int FROM policy_match m
  WHERE m.tenant_id = p.tenant_id AND m.policy_id = p.policy_id) AS matching_apps FROM policy p`;

type CountedPolicyRow = PolicyRow & { matching_apps: number };

/** What is asked about policies, their matches and tags: one method, one question. */
@Injectable()
export class PolicyViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Policies in the order they were created. */
  async policies(tenantId: string, request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 1);
    const rows = await this.database.query<CountedPolicyRow>(
      `${SELECT_POLICY} WHERE p.tenant_id = $1 AND p.policy_id > $2 ORDER BY p.policy_id LIMIT $3`,
      [tenantId, after?.[0] ?? '', first + 1],
    );
    const total = await this.count('policy WHERE tenant_id = $1', [tenantId]);
    return paged(rows, first, total, (row) => [row.policy_id], countedPolicy);
  }

  async policiesById(tenantId: string, ids: readonly string[]): Promise<MessageInitShape<typeof PolicySchema>[]> {
    const sql = `${SELECT_POLICY} WHERE p.tenant_id = $1 AND p.policy_id = ANY($2)`;
    return (await this.database.query<CountedPolicyRow>(sql, [tenantId, ids])).map(countedPolicy);
  }

  /** The apps that match a policy now, by app id. */
  async matches(tenantId: string, policyId: string, request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 1);
    const rows = await this.database.query<MatchViewRow>(
      `SELECT policy_id, app_id, matched_at, matched_values FROM policy_match
       WHERE tenant_id = $1 AND policy_id = $2 AND app_id > $3 ORDER BY app_id LIMIT $4`,
      [tenantId, policyId, after?.[0] ?? '', first + 1],
    );
    const total = await this.count('policy_match WHERE tenant_id = $1 AND policy_id = $2', [tenantId, policyId]);
    return paged(rows, first, total, (row) => [row.app_id], matchMessage);
  }

  async tagsById(tenantId: string, appIds: readonly string[]): Promise<MessageInitShape<typeof AppTagSchema>[]> {
    const sql = 'SELECT * FROM app_tag WHERE tenant_id = $1 AND app_id = ANY($2)';
    return (await this.database.query<TagRow>(sql, [tenantId, appIds])).map((row) => tagMessage(tagOf(row)));
  }

  /** Decisions by app id; with any of these tags, or all where none is named. */
  async tags(tenantId: string, tags: readonly Tag[], request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 1);
    const wanted = tags.length > 0 ? tags : null;
    const rows = await this.database.query<TagRow>(
      `SELECT * FROM app_tag WHERE tenant_id = $1 AND ($2::int[] IS NULL OR tag = ANY($2)) AND app_id > $3
       ORDER BY app_id LIMIT $4`,
      [tenantId, wanted, after?.[0] ?? '', first + 1],
    );
    const total = await this.count('app_tag WHERE tenant_id = $1 AND ($2::int[] IS NULL OR tag = ANY($2))', [
      tenantId,
      wanted,
    ]);
    return paged(
      rows,
      first,
      total,
      (row) => [row.app_id],
      (row) => tagMessage(tagOf(row)),
    );
  }

  private async count(what: string, parameters: unknown[]): Promise<number> {
    const rows = await this.database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${what}`, parameters);
    return rows[0]?.count ?? 0;
  }
}

export function policyMessage(policy: StoredPolicy, matchingApps: number): MessageInitShape<typeof PolicySchema> {
  return {
    id: policy.policyId,
    name: policy.name,
    description: policy.description,
    severity: policy.severity,
    filter: policy.filter,
    scope: policy.scope,
    action: policy.action,
    alert: policy.alert,
    enabled: policy.enabled,
    createdAt: timestampFromDate(policy.createdAt),
    createdBy: policy.createdBy,
    updatedAt: timestampFromDate(policy.updatedAt),
    version: policy.version,
    matchingApps,
  };
}

export function tagMessage({
  appId,
  decision,
  setAt,
}: Omit<StoredTag, 'manual'>): MessageInitShape<typeof AppTagSchema> {
  return {
    appId,
    tag: decision.tag,
    policyId: decision.policyId,
    policyName: decision.policyName,
    setBy: decision.setBy,
    setAt: timestampFromDate(setAt),
    reason: decision.reason,
    matchedValues: [...decision.matchedValues],
    overruledPolicyIds: [...decision.overruledPolicyIds],
  };
}

interface MatchViewRow {
  policy_id: string;
  app_id: string;
  matched_at: Date;
  matched_values: string[];
}

function matchMessage(row: MatchViewRow): MessageInitShape<typeof PolicyMatchSchema> {
  return {
    policyId: row.policy_id,
    appId: row.app_id,
    matchedAt: timestampFromDate(row.matched_at),
    matchedValues: row.matched_values,
  };
}

function countedPolicy(row: CountedPolicyRow): MessageInitShape<typeof PolicySchema> {
  return policyMessage(policyOf(row), row.matching_apps);
}

function pageOf(request: PageRequest | undefined, keys: number): { first: number; after: string[] | undefined } {
  const first = request?.first ?? 0;
  if (first < 1 || first > MAX_PAGE) throw invalidPage('first', `Ask for 1 to ${MAX_PAGE} items.`);
  if (!request?.after) return { first, after: undefined };
  const after = decodeCursor(request.after, keys);
  if (!after) throw invalidPage('after', 'That is not a cursor of this list.');
  return { first, after };
}

function paged<Row, T>(
  rows: readonly Row[],
  first: number,
  totalCount: number,
  keysOf: (row: Row) => string[],
  itemOf: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, first);
  const cursors = shown.map((row) => encodeCursor(keysOf(row)));
  return { items: shown.map(itemOf), info: { cursors, hasNextPage: rows.length > first, totalCount } };
}
