import { Injectable } from '@nestjs/common';
import type { Tag } from '#contracts';
import type { Tx } from '#database';
import type { Claim } from './domain/decision.js';

/** One policy matching one app, and the values that did. */
export interface StoredMatch {
  readonly policyId: string;
  readonly appId: string;
  readonly matchedValues: readonly string[];
}

/** Writes which policies match which apps. */
@Injectable()
export class MatchStore {
  async ofPolicy(tx: Tx, tenantId: string, policyId: string): Promise<StoredMatch[]> {
    const sql = `SELECT policy_id, app_id, matched_values FROM policy_match WHERE tenant_id = $1 AND policy_id = $2`;
    return (await tx.query<MatchRow>(sql, [tenantId, policyId])).map(matchOf);
  }

  async ofApps(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<StoredMatch[]> {
    const sql = `SELECT policy_id, app_id, matched_values FROM policy_match WHERE tenant_id = $1 AND app_id = ANY($2)`;
    return (await tx.query<MatchRow>(sql, [tenantId, appIds])).map(matchOf);
  }

  async count(tx: Tx, tenantId: string, policyId: string): Promise<number> {
    const sql = 'SELECT count(*)::int AS count FROM policy_match WHERE tenant_id = $1 AND policy_id = $2';
    return (await tx.query<{ count: number }>(sql, [tenantId, policyId]))[0]?.count ?? 0;
  }

  /** What the matching policies ask for, by app. */
  async claims(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<Map<string, Claim[]>> {
    const rows = await tx.query<MatchRow & { name: string; action: Tag; created_at: Date }>(
      `SELECT m.policy_id, m.app_id, m.matched_values, p.name, p.action, p.created_at
       FROM policy_match m JOIN policy p ON p.tenant_id = m.tenant_id AND p.policy_id = m.policy_id
       WHERE m.tenant_id = $1 AND m.app_id = ANY($2)`,
      [tenantId, appIds],
    );
    const claims = new Map<string, Claim[]>();
    for (const row of rows) {
      const claim: Claim = {
        policyId: row.policy_id,
        policyName: row.name,
        action: row.action,
        createdAt: row.created_at.getTime(),
        matchedValues: row.matched_values,
      };
      const ofApp = claims.get(row.app_id);
      if (ofApp) ofApp.push(claim);
      else claims.set(row.app_id, [claim]);
    }
    return claims;
  }

  /** Adds matches; one that exists keeps its date and takes the new values. */
  async write(tx: Tx, tenantId: string, matches: readonly StoredMatch[], matchedAt: Date): Promise<void> {
    if (matches.length === 0) return;
    const rows = matches.map(({ policyId, appId, matchedValues }) => ({
      policy_id: policyId,
      app_id: appId,
      matched_values: matchedValues,
    }));
    await tx.query(
      `INSERT INTO policy_match (tenant_id, policy_id, app_id, matched_at, matched_values)
       SELECT $1, x.policy_id, x.app_id, $3, x.matched_values
       FROM jsonb_to_recordset($2::jsonb) AS x(policy_id text, app_id text, matched_values jsonb)
       ON CONFLICT (tenant_id, policy_id, app_id) DO UPDATE SET matched_values = excluded.matched_values`,
      [tenantId, JSON.stringify(rows), matchedAt],
    );
  }

  async delete(tx: Tx, tenantId: string, matches: readonly Pick<StoredMatch, 'policyId' | 'appId'>[]): Promise<void> {
    if (matches.length === 0) return;
    await tx.query(
      `DELETE FROM policy_match m USING unnest($2::text[], $3::text[]) AS x(policy_id, app_id)
       WHERE m.tenant_id = $1 AND m.policy_id = x.policy_id AND m.app_id = x.app_id`,
      [tenantId, matches.map(({ policyId }) => policyId), matches.map(({ appId }) => appId)],
    );
  }
}

interface MatchRow {
  policy_id: string;
  app_id: string;
  matched_values: string[];
}

function matchOf(row: MatchRow): StoredMatch {
  return { policyId: row.policy_id, appId: row.app_id, matchedValues: row.matched_values };
}
