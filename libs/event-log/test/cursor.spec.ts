import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '#event-log';

const TOPICS = ['app', 'tenant'];
const cursor = { app: [0n, 12n, 3n, 9_007_199_254_740_993n], tenant: [7n] };

describe('a cursor as text', () => {
  it('comes back as it was', () => {
    expect(decodeCursor(encodeCursor(cursor), TOPICS)).toEqual(cursor);
  });

  it('gives partitions that were added since their start', () => {
    const before = encodeCursor({ app: [5n, 6n], tenant: [7n] });
    expect(decodeCursor(before, TOPICS)).toEqual({ app: [5n, 6n, 0n, 0n], tenant: [7n] });
  });

  it('is refused with a typed error when it is anything else', () => {
    const invalid = expect.objectContaining({ kind: 'invalid', code: 'event-log.cursor-invalid' });
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(toBase64)), (text) => {
        expect(thrownBy(() => decodeCursor(text, TOPICS))).toEqual(invalid);
      }),
    );
    const forged = [
      { app: ['1'], tenant: ['7'] },
      { app: '1', tenant: '-7' },
      { app: '1,2,3,4,5', tenant: '7' },
      { app: '1' },
      { app: '1', tenant: '7', alert: '1' },
      { app: '1', tenant: '99999999999999999999' },
      { __proto__: { app: '1', tenant: '7' } },
    ];
    for (const value of forged) {
      expect(thrownBy(() => decodeCursor(toBase64(JSON.stringify([1, value])), TOPICS))).toEqual(invalid);
    }
    expect(thrownBy(() => decodeCursor(toBase64(JSON.stringify([2, { app: '1', tenant: '7' }])), TOPICS))).toEqual(
      invalid,
    );
    expect(thrownBy(() => decodeCursor('A'.repeat(10_000), TOPICS))).toEqual(invalid);
  });
});

function toBase64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
