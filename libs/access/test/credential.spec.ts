import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bearerOf, CREDENTIAL_LENGTH, issueCredential, parseCredential, sameHash } from '#access';
import { newId, redactText } from '#kernel';

describe('credentials', () => {
  it('are read as they were issued', () => {
    const id = newId();
    const { text, hash } = issueCredential('gno', id);
    expect(text).toHaveLength(CREDENTIAL_LENGTH);
    const presented = parseCredential(text);
    expect(presented).toMatchObject({ kind: 'gno', id });
    expect(sameHash(presented!.hash, hash)).toBe(true);
  });

  it('cannot be written in two ways', () => {
    const { text } = issueCredential('gnd', newId());
    // The last character of 43 carries only four of its six bits.
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'].map(
      (last) => text.slice(0, -1) + last,
    );
    const hashes = spellings.map((spelling) => parseCredential(spelling)?.hash.toString('hex')).filter((hash) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(parseCredential(text.toUpperCase())).toBeUndefined();
  });

  it('anything else is refused without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => parseCredential(text) === undefined),
    );
    const { text } = issueCredential('gno', newId());
    for (const wrong of [`${text}A`, text.slice(1), text.replace('gno', 'gnx'), text.replace('_', '-'), ` ${text}`]) {
      expect(parseCredential(wrong)).toBeUndefined();
    }
  });

  it('are taken out of log lines', () => {
    const { text } = issueCredential('gno', newId());
    expect(redactText(`token ${text} was sent`)).not.toContain(text.slice(-43));
  });

  it('are found in a bearer header only', () => {
    expect(bearerOf('Bearer abc')).toBe('abc');
    expect(bearerOf('bearer  abc ')).toBe('abc');
    for (const other of [undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'abc']) {
      expect(bearerOf(other)).toBeUndefined();
    }
  });

  it('compares hashes of any length', () => {
    expect(sameHash(Buffer.alloc(32), Buffer.alloc(32))).toBe(true);
    expect(sameHash(Buffer.alloc(32), Buffer.alloc(31))).toBe(false);
    expect(sameHash(Buffer.alloc(32), Buffer.alloc(32, 1))).toBe(false);
  });
});
