import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';

export interface TenantRow {
  readonly tenantId: string;
  readonly name: string;
  /** Empty = none. */
  readonly supportUrl: string;
  readonly createdAt: Date;
}

export interface ApiTokenRow {
  readonly tenantId: string;
  readonly tokenId: string;
  readonly name: string;
  readonly roles: string[];
  readonly secretHash: Buffer;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export const TENANT_COLUMNS = `tenant_id AS "tenantId", name, support_url AS "supportUrl", created_at AS "createdAt"`;
export const TOKEN_COLUMNS = `tenant_id AS "tenantId", token_id AS "tokenId", name, roles, secret_hash AS "secretHash",
  created_at AS "createdAt", created_by AS "createdBy", expires_at AS "expiresAt", revoked_at AS "revokedAt"`;

/** Writes organisations and API tokens. */
@Injectable()
export class IdentityStore {
  /** Keeps every other bootstrap out until this transaction ends. @returns whether there is an organisation */
  async lockForBootstrap(tx: Tx): Promise<boolean> {
    await tx.query('LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE');
    const found = await tx.query('SELECT 1 FROM tenant LIMIT 1');
    return found.length > 0;
  }

  async insertTenant(tx: Tx, tenant: TenantRow): Promise<void> {
    await tx.query('INSERT INTO tenant (tenant_id, name, support_url, created_at) VALUES ($1, $2, $3, $4)', [
      tenant.tenantId,
      tenant.name,
      tenant.supportUrl,
      tenant.createdAt,
    ]);
  }

  /** Locks the organisation's row: changes of its tokens happen one after the other. */
  async lockTenant(tx: Tx, tenantId: string): Promise<TenantRow | undefined> {
    const rows = await tx.query<TenantRow>(`SELECT ${TENANT_COLUMNS} FROM tenant WHERE tenant_id = $1 FOR UPDATE`, [
      tenantId,
    ]);
    return rows[0];
  }

  /** Ends the tokens of that name that were made by that maker and are still valid. */
  async revokeTokensOf(
    tx: Tx,
    tenantId: string,
    made: { name: string; createdBy: string },
    at: Date,
  ): Promise<ApiTokenRow[]> {
    return tx.query<ApiTokenRow>(
      `UPDATE api_token SET revoked_at = $4
       WHERE tenant_id = $1 AND name = $2 AND created_by = $3 AND revoked_at IS NULL RETURNING ${TOKEN_COLUMNS}`,
      [tenantId, made.name, made.createdBy, at],
    );
  }

  async updateTenant(tx: Tx, tenant: TenantRow): Promise<void> {
    await tx.query('UPDATE tenant SET name = $2, support_url = $3 WHERE tenant_id = $1', [
      tenant.tenantId,
      tenant.name,
      tenant.supportUrl,
    ]);
  }

  async insertToken(tx: Tx, token: ApiTokenRow): Promise<void> {
    await tx.query(
      `INSERT INTO api_token (tenant_id, token_id, name, roles, secret_hash, created_at, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        token.tenantId,
        token.tokenId,
        token.name,
        token.roles,
        token.secretHash,
        token.createdAt,
        token.createdBy,
        token.expiresAt,
      ],
    );
  }

  async findToken(tx: Tx, tenantId: string, tokenId: string): Promise<ApiTokenRow | undefined> {
    const rows = await tx.query<ApiTokenRow>(
      `SELECT ${TOKEN_COLUMNS} FROM api_token WHERE tenant_id = $1 AND token_id = $2`,
      [tenantId, tokenId],
    );
    return rows[0];
  }

  async countValidTokens(tx: Tx, tenantId: string, now: Date): Promise<{ all: number; admins: number }> {
    const rows = await tx.query<{ all: number; admins: number }>(
      `SELECT count(*)::int AS "all", (count(*) FILTER (WHERE 'admin' = ANY (roles)))::int AS "admins"
       FROM api_token WHERE tenant_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`,
      [tenantId, now],
    );
    return rows[0]!;
  }

  async revokeToken(tx: Tx, tenantId: string, tokenId: string, at: Date): Promise<void> {
    await tx.query('UPDATE api_token SET revoked_at = $3 WHERE tenant_id = $1 AND token_id = $2', [
      tenantId,
      tokenId,
      at,
    ]);
  }
}
