import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, CHAIN_START, chainHash, firstBrokenLink, type AuditRecord } from '../src/domain/audit-chain.js';

function chainOf(length: number): { record: AuditRecord; hash: Buffer }[] {
  let previous: Buffer = CHAIN_START;
  return Array.from({ length }, (_, index) => {
    const record: AuditRecord = {
      tenantId: 't',
      sequence: index + 1,
      operationId: `o${index}`,
      phase: 'started',
      at: '2026-01-01T00:00:00.000Z',
      actorKind: 'user',
      actorId: 'a',
      actorName: 'Ann',
      operation: 'tagApp',
      target: 'chatgpt',
      arguments: { input: { appId: 'chatgpt' } },
      outcome: '',
      errorCode: '',
      correlationId: 'c',
    };
    previous = chainHash(previous, record);
    return { record, hash: previous };
  });
}

describe('audit chain', () => {
  it('holds as it was written', () => {
    expect(firstBrokenLink(chainOf(20))).toBeUndefined();
    expect(firstBrokenLink([])).toBeUndefined();
  });

  it('shows any change, and any record that is missing inside', () => {
    const keys = Object.keys(chainOf(1)[0]!.record).filter((key) => key !== 'sequence') as (keyof AuditRecord)[];
    fc.assert(
      fc.property(fc.nat(19), fc.constantFrom(...keys), (at, key) => {
        const chain = chainOf(20);
        chain[at] = { ...chain[at]!, record: { ...chain[at]!.record, [key]: 'changed' } };
        expect(firstBrokenLink(chain)).toBe(at + 1);
      }),
    );
    const chain = chainOf(20);
    chain.splice(7, 1);
    expect(firstBrokenLink(chain)).toBe(8);
  });

  it('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
