import { createHash } from 'node:crypto';

/** One line of the audit log, as it is hashed. */
export interface AuditRecord {
  readonly tenantId: string;
  /** Counts up from 1 for each tenant, without gaps. */
  readonly sequence: number;
  readonly operationId: string;
  /** `started` is written before an operation is carried out, `ended` after it. */
  readonly phase: 'started' | 'ended';
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorName: string;
  readonly operation: string;
  readonly target: string;
  readonly arguments: unknown;
  readonly outcome: string;
  readonly errorCode: string;
  readonly correlationId: string;
}

/** The hash of the first record's predecessor. */
export const CHAIN_START = Buffer.alloc(32);

/** SHA-256 over the previous record's hash and the canonical JSON of this one: no record can be changed unseen. */
export function chainHash(previous: Uint8Array, record: AuditRecord): Buffer {
  return createHash('sha256').update(previous).update(canonicalJson(record)).digest();
}

/**
 * Checks a tenant's whole chain, oldest first.
 *
 * @returns the sequence of the first record that is missing or was changed; undefined where the chain holds
 */
export function firstBrokenLink(chain: Iterable<{ record: AuditRecord; hash: Uint8Array }>): number | undefined {
  let previous: Uint8Array = CHAIN_START;
  let sequence = 0;
  for (const { record, hash } of chain) {
    sequence += 1;
    if (record.sequence !== sequence || !chainHash(previous, record).equals(hash)) return sequence;
    previous = hash;
  }
  return undefined;
}

/** JSON with the keys of every object in code-unit order and no white space (as RFC 8785 orders them). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}
