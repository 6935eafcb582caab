import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import { isId } from '#kernel';
import { decodeKey, encodeKey } from './domain/keyset-cursor.js';
import { cursorInvalid } from './gateway.errors.js';
import { TENANT_COLUMNS, TOKEN_COLUMNS, type ApiTokenRow, type TenantRow } from './identity.store.js';
import type { Page } from './graphql/connection.js';

/** Reads organisations and API tokens. */
@Injectable()
export class IdentityViews {
  constructor(private readonly db: Database) {}

  async tenant(tenantId: string): Promise<TenantRow | undefined> {
    const rows = await this.db.query<TenantRow>(`SELECT ${TENANT_COLUMNS} FROM tenant WHERE tenant_id = $1`, [
      tenantId,
    ]);
    return rows[0];
  }

  /** The id of the organisation that was made first. */
  async firstTenant(): Promise<string | undefined> {
    const rows = await this.db.query<{ id: string }>(
      'SELECT tenant_id AS id FROM tenant ORDER BY created_at, tenant_id LIMIT 1',
    );
    return rows[0]?.id;
  }

  /** A token by its id, of whichever tenant: for authentication only. */
  async tokenForAuthentication(tokenId: string): Promise<ApiTokenRow | undefined> {
    const rows = await this.db.query<ApiTokenRow>(`SELECT ${TOKEN_COLUMNS} FROM api_token WHERE token_id = $1`, [
      tokenId,
    ]);
    return rows[0];
  }

  /** A tenant's tokens, newest first. Ids sort by the time they were made. */
  async tokens(tenantId: string, page: { first: number; after: string }): Promise<Page<ApiTokenRow>> {
    const after = page.after ? decodeKey(page.after) : undefined;
    if (page.after && (after === undefined || !isId(after))) throw cursorInvalid();
    const [rows, counts] = await Promise.all([
      this.db.query<ApiTokenRow>(
        `SELECT ${TOKEN_COLUMNS} FROM api_token
         WHERE tenant_id = $1 AND ($2::uuid IS NULL OR token_id < $2)
         ORDER BY token_id DESC LIMIT $3`,
        [tenantId, after ?? null, page.first + 1],
      ),
      this.db.query<{ count: number }>('SELECT count(*)::int AS count FROM api_token WHERE tenant_id = $1', [tenantId]),
    ]);
    const items = rows.slice(0, page.first);
    return {
      items,
      page: {
        cursors: items.map((row) => encodeKey(row.tokenId)),
        hasNextPage: rows.length > items.length,
        totalCount: counts[0]!.count,
      },
    };
  }
}
