import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import { CHAIN_START, chainHash, type AuditRecord } from './domain/audit-chain.js';

/** Appends to the audit log. There is no other way to write it: a trigger refuses changes. */
@Injectable()
export class AuditStore {
  /** Appends a record at the end of its tenant's chain. */
  async append(tx: Tx, record: Omit<AuditRecord, 'sequence'>): Promise<void> {
    await tx.query('INSERT INTO audit_head (tenant_id, sequence, hash) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', [
      record.tenantId,
      CHAIN_START,
    ]);
    const [head] = await tx.query<{ sequence: string; hash: Buffer }>(
      'SELECT sequence, hash FROM audit_head WHERE tenant_id = $1 FOR UPDATE',
      [record.tenantId],
    );
    const sequence = Number(head!.sequence) + 1;
    const hash = chainHash(head!.hash, { ...record, sequence });
    await tx.query(
      `INSERT INTO audit_log (tenant_id, sequence, operation_id, phase, at, actor_kind, actor_id, actor_name, operation,
         target, arguments, outcome, error_code, correlation_id, hash)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [
        record.tenantId,
        sequence,
        record.operationId,
        record.phase,
        record.at,
        record.actorKind,
        record.actorId,
        record.actorName,
        record.operation,
        record.target,
        JSON.stringify(record.arguments),
        record.outcome,
        record.errorCode,
        record.correlationId,
        hash,
      ],
    );
    await tx.query('UPDATE audit_head SET sequence = $2, hash = $3 WHERE tenant_id = $1', [
      record.tenantId,
      sequence,
      hash,
    ]);
  }
}
