import { fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { AppFilterSchema, type PolicyScope, type Severity, type Tag } from '#contracts';
import type { Tx } from '#database';
import type { PolicyDraft } from './domain/validation.js';

/** A policy as it is stored. */
export interface StoredPolicy extends PolicyDraft {
  readonly policyId: string;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly version: bigint;
}

/** A row of `policy`, as the driver answers it. */
export interface PolicyRow {
  policy_id: string;
  name: string;
  description: string;
  severity: Severity;
  filter: JsonValue;
  scope: PolicyScope;
  action: Tag;
  alert: boolean;
  enabled: boolean;
  created_at: Date;
  created_by: string;
  updated_at: Date;
  version: string;
}

/** Writes policies. */
@Injectable()
export class PolicyStore {
  async find(tx: Tx, tenantId: string, policyId: string): Promise<StoredPolicy | undefined> {
    const rows = await tx.query<PolicyRow>('SELECT * FROM policy WHERE tenant_id = $1 AND policy_id = $2', [
      tenantId,
      policyId,
    ]);
    return rows[0] && policyOf(rows[0]);
  }

  /** All enabled policies of a tenant, oldest first; their number is bounded by the setting. */
  async enabled(tx: Tx, tenantId: string): Promise<StoredPolicy[]> {
    const sql = 'SELECT * FROM policy WHERE tenant_id = $1 AND enabled ORDER BY created_at, policy_id';
    return (await tx.query<PolicyRow>(sql, [tenantId])).map(policyOf);
  }

  async tenantsWithEnabled(tx: Tx): Promise<string[]> {
    const sql = 'SELECT DISTINCT tenant_id FROM policy WHERE enabled ORDER BY tenant_id';
    return (await tx.query<{ tenant_id: string }>(sql)).map((row) => row.tenant_id);
  }

  async count(tx: Tx, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>('SELECT count(*)::int AS count FROM policy WHERE tenant_id = $1', [
      tenantId,
    ]);
    return rows[0]?.count ?? 0;
  }

  async nameTaken(tx: Tx, tenantId: string, name: string, exceptId: string): Promise<boolean> {
    const sql = 'SELECT 1 FROM policy WHERE tenant_id = $1 AND lower(name) = lower($2) AND policy_id <> $3';
    return (await tx.query(sql, [tenantId, name, exceptId])).length > 0;
  }

  async insert(tx: Tx, tenantId: string, policy: StoredPolicy): Promise<void> {
    await tx.query(
      `INSERT INTO policy (tenant_id, policy_id, name, description, severity, filter, scope, action, alert, enabled,
                           updated_at, version, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [...columns(tenantId, policy), policy.createdAt, policy.createdBy],
    );
  }

  async update(tx: Tx, tenantId: string, policy: StoredPolicy): Promise<void> {
    await tx.query(
      `UPDATE policy SET name = $3, description = $4, severity = $5, filter = $6, scope = $7, action = $8, alert = $9,
                         enabled = $10, updated_at = $11, version = $12
       WHERE tenant_id = $1 AND policy_id = $2`,
      columns(tenantId, policy),
    );
  }

  async delete(tx: Tx, tenantId: string, policyId: string): Promise<void> {
    await tx.query('DELETE FROM policy WHERE tenant_id = $1 AND policy_id = $2', [tenantId, policyId]);
  }
}

export function policyOf(row: PolicyRow): StoredPolicy {
  return {
    policyId: row.policy_id,
    name: row.name,
    description: row.description,
    severity: row.severity,
    filter: fromJson(AppFilterSchema, row.filter, { ignoreUnknownFields: true }),
    scope: row.scope,
    action: row.action,
    alert: row.alert,
    enabled: row.enabled,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    version: BigInt(row.version),
  };
}

function columns(tenantId: string, policy: StoredPolicy): unknown[] {
  return [
    tenantId,
    policy.policyId,
    policy.name,
    policy.description,
    policy.severity,
    JSON.stringify(toJson(AppFilterSchema, policy.filter)),
    policy.scope,
    policy.action,
    policy.alert,
    policy.enabled,
    policy.updatedAt,
    policy.version.toString(),
  ];
}
