import { Injectable } from '@nestjs/common';
import { create, toBinary } from '@bufbuild/protobuf';
import { ListConflictsResponseSchema, type BlockConflict } from '#contracts';
import type { Database, Tx } from '#database';
import type { ListContent } from './domain/content.js';
import type { SignedManifest } from './domain/sign.js';

/** One published revision of a device group's list, signed. */
export interface SignedRevision extends SignedManifest {
  readonly tenantId: string;
  readonly group: string;
  readonly revision: bigint;
  readonly contentHash: Uint8Array;
  readonly content: Uint8Array;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

interface CurrentRow {
  tenant_id: string;
  group_name: string;
  revision: string;
  content_hash: Buffer;
  bytes: Buffer;
  manifest: Buffer;
  signature: Buffer;
  key_id: string;
  issued_at: Date;
  expires_at: Date;
}

export interface GroupKey {
  readonly tenantId: string;
  readonly group: string;
}

/** Published lists. */
@Injectable()
export class RevisionStore {
  /** The tenant's groups whose current list does not have this content, with their current revision (0 = none). */
  async staleGroups(tx: Tx, tenantId: string, hash: Uint8Array): Promise<{ group: string; revision: bigint }[]> {
    const rows = await tx.query<{ group_name: string; revision: string }>(
      `SELECT g.group_name, g.revision FROM device_group g
       LEFT JOIN revision r USING (tenant_id, group_name, revision)
       WHERE g.tenant_id = $1 AND r.content_hash IS DISTINCT FROM $2
       ORDER BY g.group_name`,
      [tenantId, hash],
    );
    return rows.map((row) => ({ group: row.group_name, revision: BigInt(row.revision) }));
  }

  /** Writes new revisions of one tenant with the same content, and drops those beyond the newest `keep` of each group. */
  async insert(
    tx: Tx,
    tenantId: string,
    content: ListContent,
    list: readonly SignedRevision[],
    keep: number,
  ): Promise<void> {
    await tx.query('INSERT INTO content (tenant_id, content_hash, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      tenantId,
      content.hash,
      content.bytes,
    ]);
    const groups = list.map((each) => each.group);
    const revisions = list.map((each) => each.revision.toString());
    await tx.query(
      `INSERT INTO revision (tenant_id, group_name, revision, content_hash, manifest, signature, key_id, block_rules,
         warn_rules, published_at, issued_at, expires_at)
       SELECT $1, n.group_name, n.revision, $2, n.manifest, n.signature, $3, $4, $5, $6, $6, $7
       FROM unnest($8::text[], $9::bigint[], $10::bytea[], $11::bytea[]) AS n (group_name, revision, manifest, signature)`,
      [
        tenantId,
        content.hash,
        list[0]!.keyId,
        content.blockRules,
        content.warnRules,
        list[0]!.issuedAt,
        list[0]!.expiresAt,
        groups,
        revisions,
        list.map((each) => Buffer.from(each.manifest)),
        list.map((each) => Buffer.from(each.signature)),
      ],
    );
    await tx.query(
      `UPDATE device_group g SET revision = n.revision FROM unnest($2::text[], $3::bigint[]) AS n (group_name, revision)
       WHERE g.tenant_id = $1 AND g.group_name = n.group_name`,
      [tenantId, groups, revisions],
    );
    await this.prune(tx, tenantId, keep);
  }

  /** Replaces the signed manifest of the current revision of groups. */
  async reissue(tx: Tx, list: readonly SignedRevision[]): Promise<void> {
    for (const each of list) {
      await tx.query(
        `UPDATE revision SET manifest = $4, signature = $5, key_id = $6, issued_at = $7, expires_at = $8
         WHERE tenant_id = $1 AND group_name = $2 AND revision = $3`,
        [
          each.tenantId,
          each.group,
          each.revision.toString(),
          each.manifest,
          each.signature,
          each.keyId,
          each.issuedAt,
          each.expiresAt,
        ],
      );
    }
  }

  async saveConflicts(tx: Tx, tenantId: string, conflicts: readonly BlockConflict[]): Promise<void> {
    const bytes = toBinary(
      ListConflictsResponseSchema,
      create(ListConflictsResponseSchema, { conflicts: [...conflicts] }),
    );
    await tx.query(
      `INSERT INTO compilation AS c (tenant_id, conflicts, conflict_count) VALUES ($1, $2, $3)
       ON CONFLICT (tenant_id) DO UPDATE SET conflicts = excluded.conflicts, conflict_count = excluded.conflict_count
       WHERE c.conflicts <> excluded.conflicts`,
      [tenantId, bytes, conflicts.length],
    );
  }

  /** The current list of a group, undefined where none was published. */
  async current(source: Database | Tx, key: GroupKey): Promise<SignedRevision | undefined> {
    const [row] = await source.query<CurrentRow>(`${CURRENT} WHERE g.tenant_id = $1 AND g.group_name = $2`, [
      key.tenantId,
      key.group,
    ]);
    return row && toRevision(row);
  }

  /** How many rules the current list of a group has, and what could not be put on it. */
  async countsOf(tx: Tx, key: GroupKey): Promise<{ blockRules: number; warnRules: number; conflicts: number }> {
    const [row] = await tx.query<{ block_rules: number; warn_rules: number; conflicts: number }>(
      `SELECT r.block_rules, r.warn_rules, coalesce(c.conflict_count, 0) AS conflicts
       FROM device_group g
       JOIN revision r USING (tenant_id, group_name, revision)
       LEFT JOIN compilation c ON c.tenant_id = g.tenant_id
       WHERE g.tenant_id = $1 AND g.group_name = $2`,
      [key.tenantId, key.group],
    );
    return { blockRules: row?.block_rules ?? 0, warnRules: row?.warn_rules ?? 0, conflicts: row?.conflicts ?? 0 };
  }

  /** The newest revision of a group, 0 where there is none. */
  async newestRevision(database: Database, key: GroupKey): Promise<bigint> {
    const [row] = await database.query<{ revision: string }>(
      'SELECT revision FROM device_group WHERE tenant_id = $1 AND group_name = $2',
      [key.tenantId, key.group],
    );
    return BigInt(row?.revision ?? 0);
  }

  /** Groups, of any tenant, whose current list was issued before a time; at most `limit`. */
  async issuedBefore(database: Database, time: Date, limit: number): Promise<GroupKey[]> {
    const rows = await database.query<{ tenant_id: string; group_name: string }>(
      `SELECT g.tenant_id, g.group_name FROM revision r JOIN device_group g USING (tenant_id, group_name, revision)
       WHERE r.issued_at < $1 ORDER BY r.issued_at LIMIT $2`,
      [time, limit],
    );
    return rows.map((row) => ({ tenantId: row.tenant_id, group: row.group_name }));
  }

  private async prune(tx: Tx, tenantId: string, keep: number): Promise<void> {
    await tx.query(
      `DELETE FROM revision r USING device_group g
       WHERE r.tenant_id = $1 AND g.tenant_id = $1 AND g.group_name = r.group_name AND r.revision <= g.revision - $2`,
      [tenantId, keep],
    );
    await tx.query(
      `DELETE FROM content c WHERE c.tenant_id = $1
         AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.tenant_id = $1 AND r.content_hash = c.content_hash)`,
      [tenantId],
    );
  }
}

const CURRENT = `SELECT r.tenant_id, r.group_name, r.revision, r.content_hash, c.bytes, r.manifest, r.signature, r.key_id,
    r.issued_at, r.expires_at
  FROM device_group g
  JOIN revision r USING (tenant_id, group_name, revision)
  JOIN content c ON c.tenant_id = r.tenant_id AND c.content_hash = r.content_hash`;

function toRevision(row: CurrentRow): SignedRevision {
  return {
    tenantId: row.tenant_id,
    group: row.group_name,
    revision: BigInt(row.revision),
    contentHash: row.content_hash,
    content: row.bytes,
    manifest: row.manifest,
    signature: row.signature,
    keyId: row.key_id,
    issuedAt: row.issued_at,
    expiresAt: row.expires_at,
  };
}
