import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { AuditRecord } from './domain/audit-chain.js';
import { decodeKey, encodeKey } from './domain/keyset-cursor.js';
import { cursorInvalid } from './gateway.errors.js';
import type { Page } from './graphql/connection.js';

export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly operation: string;
  readonly target: string;
  readonly arguments: unknown;
  /** `UNKNOWN` where no outcome was recorded. */
  readonly outcome: string;
  readonly errorCode: string;
  readonly correlationId: string;
}

export interface AuditQuery {
  readonly operations?: readonly string[] | null | undefined;
  readonly actorId?: string | null | undefined;
  readonly target?: string | null | undefined;
  readonly since?: Date | null | undefined;
}

const FROM_WHERE = `
  FROM audit_log begun LEFT JOIN audit_log ended ON ended.operation_id = begun.operation_id AND ended.phase = 'ended'
    AND ended.tenant_id = begun.tenant_id
  WHERE begun.tenant_id = $1 AND begun.phase = 'started'
    AND ($2::text[] IS NULL OR begun.operation = ANY ($2))
    AND ($3::text IS NULL OR begun.actor_id = $3)
    AND ($4::text IS NULL OR coalesce(ended.target, begun.target) = $4)
    AND ($5::timestamptz IS NULL OR begun.at >= $5)`;

/** Reads the audit log. */
@Injectable()
export class AuditViews {
  constructor(private readonly db: Database) {}

  /** A tenant's entries, newest first. */
  async entries(
    tenantId: string,
    query: AuditQuery,
    page: { first: number; after: string },
  ): Promise<Page<AuditEntry>> {
    const after = page.after ? decodeKey(page.after) : undefined;
    if (page.after && !/^[1-9][0-9]{0,17}$/.test(after ?? '')) throw cursorInvalid();
    const filter = [
      tenantId,
      query.operations ?? null,
      query.actorId ?? null,
      query.target ?? null,
      query.since ?? null,
    ];
    const [rows, counts] = await Promise.all([
      this.db.query<AuditEntry & { sequence: string }>(
        `SELECT begun.sequence, begun.operation_id AS id, begun.at, begun.actor_kind AS "actorKind",
           begun.actor_id AS "actorId", begun.actor_name AS "actorName", begun.operation,
           coalesce(ended.target, begun.target) AS target, begun.arguments,
           coalesce(ended.outcome, 'UNKNOWN') AS outcome, coalesce(ended.error_code, '') AS "errorCode",
           begun.correlation_id AS "correlationId"
         ${FROM_WHERE} AND ($6::bigint IS NULL OR begun.sequence < $6)
         ORDER BY begun.sequence DESC LIMIT $7`,
        [...filter, after ?? null, page.first + 1],
      ),
      this.db.query<{ count: number }>(`SELECT count(*)::int AS count ${FROM_WHERE}`, filter),
    ]);
    const items = rows.slice(0, page.first);
    return {
      items,
      page: {
        cursors: items.map((row) => encodeKey(row.sequence)),
        hasNextPage: rows.length > items.length,
        totalCount: counts[0]!.count,
      },
    };
  }

  /** A part of a tenant's chain with its hashes, oldest first: for `firstBrokenLink`. */
  async chain(
    tenantId: string,
    range: { after: number; limit: number },
  ): Promise<{ record: AuditRecord; hash: Buffer }[]> {
    const rows = await this.db.query<
      Omit<AuditRecord, 'sequence' | 'at'> & { sequence: string; at: Date; hash: Buffer }
    >(
      `SELECT tenant_id AS "tenantId", sequence, operation_id AS "operationId", phase, at, actor_kind AS "actorKind",
         actor_id AS "actorId", actor_name AS "actorName", operation, target, arguments, outcome,
         error_code AS "errorCode", correlation_id AS "correlationId", hash
       FROM audit_log WHERE tenant_id = $1 AND sequence > $2 ORDER BY sequence LIMIT $3`,
      [tenantId, range.after, range.limit],
    );
    return rows.map(({ hash, sequence, at, ...rest }) => ({
      hash,
      record: { ...rest, sequence: Number(sequence), at: at.toISOString() },
    }));
  }
}
