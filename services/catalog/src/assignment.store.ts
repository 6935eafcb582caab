import { Injectable } from '@nestjs/common';
import { MatchRuleKind } from '#contracts';
import type { Tx } from '#database';
import type { TakenRule } from './catalog.store.js';
import type { Rule } from './domain/app-record.js';

/** A row of `host_assignment`. */
export interface AssignmentRow {
  readonly kind: MatchRuleKind;
  readonly value: string;
  readonly app_id: string;
  readonly assigned_by: string;
  readonly assigned_at: Date;
}

const KINDS = [MatchRuleKind.DOMAIN, MatchRuleKind.HOST, MatchRuleKind.SUFFIX];

/** Hosts that tenants say belong to an app. */
@Injectable()
export class AssignmentStore {
  /** How many hosts the tenant assigned in all, and to this app. */
  async count(tx: Tx, tenantId: string, appId: string): Promise<{ all: number; ofApp: number }> {
    const rows = await tx.query<{ all: number; of_app: number }>(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE app_id = $2)::int AS of_app
       FROM host_assignment WHERE tenant_id = $1`,
      [tenantId, appId],
    );
    return { all: rows[0]?.all ?? 0, ofApp: rows[0]?.of_app ?? 0 };
  }

  async find(tx: Tx, tenantId: string, rule: Rule): Promise<AssignmentRow | undefined> {
    const rows = await tx.query<AssignmentRow>(
      'SELECT * FROM host_assignment WHERE tenant_id = $1 AND value = $2 AND kind = $3',
      [tenantId, rule.value, rule.kind],
    );
    return rows[0];
  }

  /** The rules for hosts of exactly this name that the tenant sees, those it assigned included. */
  async claimants(tx: Tx, tenantId: string, name: string): Promise<TakenRule[]> {
    return tx.query<TakenRule>(
      `SELECT r.kind, r.value, r.path, r.app_id, a.name FROM match_rule r JOIN app a USING (tenant_id, app_id)
       WHERE r.tenant_id IN ('', $1) AND r.value = $2 AND r.kind = ANY($3)
       UNION ALL
       SELECT h.kind, h.value, '', h.app_id, a.name FROM host_assignment h JOIN app a ON a.app_id = h.app_id
       WHERE h.tenant_id = $1 AND a.tenant_id IN ('', $1) AND h.value = $2`,
      [tenantId, name, KINDS],
    );
  }

  async assign(
    tx: Tx,
    tenantId: string,
    { rule, appId, by, at }: { rule: Rule; appId: string; by: string; at: Date },
  ): Promise<AssignmentRow> {
    const rows = await tx.query<AssignmentRow>(
      `INSERT INTO host_assignment (tenant_id, kind, value, app_id, assigned_by, assigned_at)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`,
      [tenantId, rule.kind, rule.value, appId, by, at],
    );
    return rows[0] as AssignmentRow;
  }

  /** @returns the app it was assigned to; undefined where it was not */
  async unassign(tx: Tx, tenantId: string, rule: Rule): Promise<string | undefined> {
    const rows = await tx.query<{ app_id: string }>(
      'DELETE FROM host_assignment WHERE tenant_id = $1 AND value = $2 AND kind = $3 RETURNING app_id',
      [tenantId, rule.value, rule.kind],
    );
    return rows[0]?.app_id;
  }
}
