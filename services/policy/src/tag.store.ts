import { Injectable } from '@nestjs/common';
import type { Tag } from '#contracts';
import type { Tx } from '#database';
import type { Decision, ManualTag } from './domain/decision.js';

/** The decision about one app as it is stored: what was decided by hand, and what follows from that and the policies. */
export interface StoredTag {
  readonly appId: string;
  readonly manual: ManualTag | undefined;
  readonly decision: Decision;
  /** When the tag or who set it last changed. */
  readonly setAt: Date;
}

export interface TagRow {
  app_id: string;
  manual_tag: Tag | null;
  manual_by: string | null;
  manual_reason: string | null;
  tag: Tag;
  policy_id: string;
  policy_name: string;
  set_by: string;
  set_at: Date;
  reason: string;
  matched_values: string[];
  overruled_policy_ids: string[];
}

/** Writes decisions about apps. */
@Injectable()
export class TagStore {
  async find(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, StoredTag>> {
    const sql = 'SELECT * FROM app_tag WHERE tenant_id = $1 AND app_id = ANY($2)';
    const rows = await tx.query<TagRow>(sql, [tenantId, appIds]);
    return new Map(rows.map((row) => [row.app_id, tagOf(row)]));
  }

  /** Every tag a tenant's admins set by hand. */
  async manualTags(tx: Tx, tenantId: string): Promise<Map<string, Tag>> {
    const sql = 'SELECT app_id, manual_tag FROM app_tag WHERE tenant_id = $1 AND manual_tag IS NOT NULL';
    const rows = await tx.query<{ app_id: string; manual_tag: Tag }>(sql, [tenantId]);
    return new Map(rows.map((row) => [row.app_id, row.manual_tag]));
  }

  async write(tx: Tx, tenantId: string, tags: readonly StoredTag[]): Promise<void> {
    if (tags.length === 0) return;
    const rows = tags.map(({ appId, manual, decision, setAt }) => ({
      app_id: appId,
      manual_tag: manual?.tag ?? null,
      manual_by: manual?.setBy ?? null,
      manual_reason: manual?.reason ?? null,
      tag: decision.tag,
      policy_id: decision.policyId,
      policy_name: decision.policyName,
      set_by: decision.setBy,
      set_at: setAt,
      reason: decision.reason,
      matched_values: decision.matchedValues,
      overruled_policy_ids: decision.overruledPolicyIds,
    }));
    await tx.query(
      `INSERT INTO app_tag (tenant_id, app_id, manual_tag, manual_by, manual_reason, tag, policy_id, policy_name, set_by,
                            set_at, reason, matched_values, overruled_policy_ids)
       SELECT $1, x.* FROM jsonb_to_recordset($2::jsonb) AS x(app_id text, manual_tag smallint, manual_by text,
         manual_reason text, tag smallint, policy_id text, policy_name text, set_by text, set_at timestamptz,
         reason text, matched_values jsonb, overruled_policy_ids jsonb)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET manual_tag = excluded.manual_tag, manual_by = excluded.manual_by,
         manual_reason = excluded.manual_reason, tag = excluded.tag, policy_id = excluded.policy_id,
         policy_name = excluded.policy_name, set_by = excluded.set_by, set_at = excluded.set_at,
         reason = excluded.reason, matched_values = excluded.matched_values,
         overruled_policy_ids = excluded.overruled_policy_ids`,
      [tenantId, JSON.stringify(rows)],
    );
  }

  async delete(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<void> {
    if (appIds.length === 0) return;
    await tx.query('DELETE FROM app_tag WHERE tenant_id = $1 AND app_id = ANY($2)', [tenantId, appIds]);
  }
}

export function tagOf(row: TagRow): StoredTag {
  return {
    appId: row.app_id,
    manual: row.manual_tag
      ? { tag: row.manual_tag, setBy: row.manual_by ?? '', reason: row.manual_reason ?? '' }
      : undefined,
    decision: {
      tag: row.tag,
      policyId: row.policy_id,
      policyName: row.policy_name,
      setBy: row.set_by,
      reason: row.reason,
      matchedValues: row.matched_values,
      overruledPolicyIds: row.overruled_policy_ids,
    },
    setAt: row.set_at,
  };
}
