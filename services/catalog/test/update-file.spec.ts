import { generateKeyPairSync } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  generateUpdateKey,
  openUpdate,
  packUpdate,
  publicText,
  readPrivateKey,
  readTrustedKeys,
  UpdateProblem,
} from '../src/domain/update-file.js';

const key = generateUpdateKey();
const trusted = readTrustedKeys(key.publicText);
const text = Buffer.from('{"format":1}\n');
const update = { kind: 'update', version: '2026-01-02.001', bytes: text.length, body: gzipSync(text) } as const;
const file = packUpdate(update, readPrivateKey(key.privatePem));

/** The code of the refusal; empty where the file is taken. */
function refusal(bytes: Buffer, keys = trusted): string {
  try {
    openUpdate(bytes, keys);
    return '';
  } catch (error) {
    if (!(error instanceof UpdateProblem)) throw error;
    return error.code;
  }
}

describe('an update file', () => {
  it('opens with the key that signed it', () => {
    const { header, body } = openUpdate(file, trusted);
    expect(header).toMatchObject({ kind: 'update', version: '2026-01-02.001', keyId: key.keyId });
    expect(body.equals(update.body)).toBe(true);
  });

  it('opens with no other key, nor without a signature', () => {
    expect(refusal(file, readTrustedKeys(generateUpdateKey().publicText))).toBe('unknown-key');
    expect(refusal(file, [])).toBe('unknown-key');
    const [line = ''] = file.toString('latin1').split('\n');
    const header = JSON.parse(line) as Record<string, unknown>;
    const withHeader = (more: object) =>
      Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, ...more })}\n`), update.body]);
    expect(refusal(withHeader({ signature: undefined }))).toBe('unsigned');
    expect(refusal(withHeader({ signature: '' }))).toBe('unsigned');
    expect(refusal(withHeader({ version: '2027-01-01.001' }))).toBe('bad-signature');
    expect(refusal(withHeader({ kind: 'rollback' }))).toBe('bad-signature');
    expect(refusal(withHeader({ bytes: 1 }))).toBe('bad-signature');
    expect(refusal(withHeader({ formatVersion: 2 }))).toBe('not-an-update');
    expect(refusal(withHeader({ sha256: '0'.repeat(64) }))).toBe('bad-signature');
    const stranger = generateUpdateKey();
    const other = packUpdate(update, readPrivateKey(stranger.privatePem));
    const forged = JSON.parse(other.toString('latin1').split('\n')[0] ?? '') as Record<string, unknown>;
    expect(refusal(withHeader({ signature: forged['signature'] }))).toBe('bad-signature');
  });

  it('is refused when any byte of it changes or is missing', () => {
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(file);
        changed[at] = (changed[at] ?? 0) ^ flip;
        // The last bits of base64 may say nothing: a file that means the same may be taken.
        const same = refusal(changed) === '' && openUpdate(changed, trusted).body.equals(update.body);
        expect(refusal(changed) !== '' || same).toBe(true);
      }),
    );
    for (let length = 0; length < file.length; length += 1) expect(refusal(file.subarray(0, length))).not.toBe('');
    expect(refusal(Buffer.concat([file, Buffer.from('x')]))).toBe('tampered');
    expect(refusal(Buffer.alloc(100_000, 'a'))).toBe('not-an-update');
    expect(refusal(Buffer.from('null\n'))).toBe('not-an-update');
  });

  it('takes several keys, and says which is none', () => {
    const second = generateUpdateKey();
    const both = readTrustedKeys(` ${second.publicText}, ${key.publicText},`);
    expect(both.map(({ keyId }) => keyId)).toEqual([second.keyId, key.keyId]);
    expect(refusal(file, both)).toBe('');
    expect(publicText(readPrivateKey(key.privatePem))).toBe(key.publicText);
    expect(() => readTrustedKeys('ed25519:AAAA')).toThrow(/"ed25519:AAAA" is no public key/);
    expect(() => readTrustedKeys(key.publicText.slice('ed25519:'.length))).toThrow(/is no public key/);
    const { privateKey } = generateKeyPairSync('ed448');
    expect(() => readPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())).toThrow(/no Ed25519/);
  });
});
