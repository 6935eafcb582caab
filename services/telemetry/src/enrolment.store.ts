import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import type { EnrolmentSecretSchema } from '#contracts';
import type { Tx } from '#database';

export interface SecretRow {
  secret_id: string;
  tenant_id: string;
  device_group: string;
  secret_hash: Buffer;
  created_at: Date;
  created_by: string;
  expires_at: Date | null;
  revoked_at: Date | null;
  uses: number;
}

/** Writes enrolment secrets. */
@Injectable()
export class EnrolmentStore {
  async insert(tx: Tx, secret: SecretRow): Promise<void> {
    await tx.query(
      `INSERT INTO enrolment_secret (secret_id, tenant_id, device_group, secret_hash, created_at, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        secret.secret_id,
        secret.tenant_id,
        secret.device_group,
        secret.secret_hash,
        secret.created_at,
        secret.created_by,
        secret.expires_at,
      ],
    );
  }

  async countUsable(tx: Tx, tenantId: string, now: Date): Promise<number> {
    const rows = await tx.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM enrolment_secret
       WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
      [tenantId, now],
    );
    return rows[0]?.count ?? 0;
  }

  /** The secret of that id, locked, of whatever tenant: a device that enrols has none yet. */
  async lockOfAnyTenant(tx: Tx, secretId: string): Promise<SecretRow | undefined> {
    return (await tx.query<SecretRow>('SELECT * FROM enrolment_secret WHERE secret_id = $1 FOR UPDATE', [secretId]))[0];
  }

  async countUse(tx: Tx, tenantId: string, secretId: string): Promise<void> {
    await tx.query('UPDATE enrolment_secret SET uses = uses + 1 WHERE tenant_id = $1 AND secret_id = $2', [
      tenantId,
      secretId,
    ]);
  }

  /** Revokes a secret; one that is revoked stays as it is. @returns undefined where the tenant has none of that id */
  async revoke(tx: Tx, tenantId: string, secretId: string, at: Date): Promise<SecretRow | undefined> {
    const rows = await tx.query<SecretRow>(
      `UPDATE enrolment_secret SET revoked_at = coalesce(revoked_at, $3) WHERE tenant_id = $1 AND secret_id = $2 RETURNING *`,
      [tenantId, secretId, at],
    );
    return rows[0];
  }
}

/** The secret as the contract carries it: without the secret. */
export function secretMessage(row: SecretRow): MessageInitShape<typeof EnrolmentSecretSchema> {
  return {
    id: row.secret_id,
    group: row.device_group,
    createdAt: timestampFromDate(row.created_at),
    createdBy: row.created_by,
    expiresAt: row.expires_at ? timestampFromDate(row.expires_at) : undefined,
    revoked: row.revoked_at !== null,
    uses: row.uses,
  };
}
