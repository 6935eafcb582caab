import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';

/** What an update file is for: a newer catalog, or the order to go back behind a version that is bad. */
export type UpdateKind = 'update' | 'rollback';

/** The first line of an update file, as JSON. The rest of the file is the catalog file, gzip; empty in an order. */
export interface UpdateHeader {
  readonly format: typeof FORMAT;
  readonly formatVersion: 1;
  readonly kind: UpdateKind;
  /** That of the catalog inside; in an order, the version that is bad. Versions are compared as text. */
  readonly version: string;
  /** How long the catalog file is, in bytes. */
  readonly bytes: number;
  /** SHA-256 of the compressed catalog file, hex. */
  readonly sha256: string;
  /** The first 8 bytes of the SHA-256 of the raw public key, hex. */
  readonly keyId: string;
  /** Ed25519 over all of the above, base64. */
  readonly signature: string;
}

export interface UpdateFile {
  readonly header: UpdateHeader;
  readonly body: Buffer;
}

/** A public key whose signature counts. */
export interface TrustedKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** Why an update file is refused. */
export type UpdateProblemCode =
  | 'not-an-update'
  | 'unsigned'
  | 'unknown-key'
  | 'bad-signature'
  | 'tampered'
  | 'too-large'
  | 'invalid'
  | 'older'
  | 'rolled-back'
  | 'nothing-before';

export class UpdateProblem extends Error {
  override readonly name = 'UpdateProblem';

  constructor(
    readonly code: UpdateProblemCode,
    message: string,
    /** As the file says; empty where it does not. */
    readonly version = '',
  ) {
    super(message);
  }
}

export const FORMAT = 'gnomon-catalog-update';
/** How update files are called. */
export const UPDATE_SUFFIX = '.gnomon';
/** The largest update file, and the largest catalog file inside, in bytes. */
export const MAX_UPDATE_BYTES = 64 << 20;
export const MAX_CATALOG_BYTES = 256 << 20;

const MAX_HEADER_BYTES = 4_096;
const VERSION = /^[\x21-\x7e]{1,64}$/;
const RAW_KEY_BYTES = 32;
const PREFIX = 'ed25519:';

/** Packs and signs a compressed catalog file, or an order where `body` is empty. */
export function packUpdate(
  update: { readonly kind: UpdateKind; readonly version: string; readonly bytes: number; readonly body: Buffer },
  privateKey: KeyObject,
): Buffer {
  const { kind, version, bytes, body } = update;
  if (!VERSION.test(version)) throw new UpdateProblem('invalid', 'A version has 1 to 64 characters without spaces.');
  const { keyId } = trustedKey(createPublicKey(privateKey));
  const fields = { format: FORMAT, formatVersion: 1, kind, version, bytes, sha256: sha256(body), keyId } as const;
  const signature = sign(null, signedBytes(fields), privateKey).toString('base64');
  return Buffer.concat([Buffer.from(`${JSON.stringify({ ...fields, signature })}\n`), body]);
}

/**
 * Reads an update file and checks that a trusted key signed it and that nothing in it was changed since. The body is
 * not decompressed.
 *
 * @throws UpdateProblem
 */
export function openUpdate(file: Buffer, trusted: readonly TrustedKey[]): UpdateFile {
  if (file.length > MAX_UPDATE_BYTES) {
    throw new UpdateProblem('too-large', `The file is larger than ${MAX_UPDATE_BYTES >> 20} MB.`);
  }
  const end = file.subarray(0, MAX_HEADER_BYTES).indexOf('\n');
  const header = readHeader(file.subarray(0, Math.max(end, 0)).toString('utf8'));
  const body = file.subarray(end + 1);
  const { version, keyId } = header;
  const key = trusted.find((each) => each.keyId === keyId)?.key;
  if (!key) throw new UpdateProblem('unknown-key', `The key ${keyId} that signed it is not trusted.`, version);
  if (!verify(null, signedBytes(header), key, Buffer.from(header.signature, 'base64'))) {
    throw new UpdateProblem('bad-signature', 'The signature does not fit the header.', version);
  }
  if (sha256(body) !== header.sha256) {
    throw new UpdateProblem('tampered', 'The content does not have the hash that was signed.', version);
  }
  if (header.bytes > MAX_CATALOG_BYTES) {
    throw new UpdateProblem('too-large', `The catalog inside is larger than ${MAX_CATALOG_BYTES >> 20} MB.`, version);
  }
  return { header, body };
}

function readHeader(line: string): UpdateHeader {
  let header: Partial<Record<keyof UpdateHeader, unknown>>;
  try {
    header = (JSON.parse(line) ?? {}) as typeof header;
  } catch {
    header = {};
  }
  const { format, formatVersion, kind, version, bytes, sha256: hash, keyId, signature } = header;
  if (format !== FORMAT) throw new UpdateProblem('not-an-update', 'The file is no catalog update.');
  const known = typeof version === 'string' && VERSION.test(version) ? version : '';
  if (formatVersion !== 1)
    throw new UpdateProblem('not-an-update', 'It has a format that this version cannot read.', known);
  if (typeof signature !== 'string' || signature === '' || typeof keyId !== 'string' || keyId === '') {
    throw new UpdateProblem('unsigned', 'The file is not signed.', known);
  }
  const whole =
    known !== '' &&
    (kind === 'update' || kind === 'rollback') &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    typeof hash === 'string';
  if (!whole || !/^[0-9a-f]{16}$/.test(keyId)) {
    throw new UpdateProblem('not-an-update', 'Its header is not whole.', known);
  }
  return header as UpdateHeader;
}

/** A line a field, so that no two headers have the same bytes. */
function signedBytes(header: Omit<UpdateHeader, 'signature'>): Buffer {
  const { format, formatVersion, kind, version, bytes, sha256: hash, keyId } = header;
  return Buffer.from([format, formatVersion, kind, version, bytes, hash, keyId].join('\n'));
}

/** A new key: the private part as PEM, the public one as settings name it. */
export function generateUpdateKey(): { privatePem: string; publicText: string; keyId: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const privatePem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  return { privatePem, publicText: publicText(publicKey), keyId: trustedKey(publicKey).keyId };
}

/** @throws Error where the text is no Ed25519 private key */
export function readPrivateKey(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The private key is no Ed25519 key.');
  return key;
}

/** The public part of a key, as `readTrustedKeys` takes it. */
export function publicText(key: KeyObject): string {
  return PREFIX + rawPublicKey(key.type === 'private' ? createPublicKey(key) : key).toString('base64');
}

/** Reads public keys, with commas between. @throws Error naming the one that is none */
export function readTrustedKeys(text: string): TrustedKey[] {
  const texts = text.split(',').map((each) => each.trim());
  return texts.filter((each) => each !== '').map(readPublicKey);
}

function readPublicKey(text: string): TrustedKey {
  const base64 = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const raw = Buffer.from(base64, 'base64');
  if (raw.length !== RAW_KEY_BYTES || raw.toString('base64') !== base64) {
    throw new Error(`"${text.slice(0, 60)}" is no public key (${PREFIX} and 32 bytes as base64)`);
  }
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') };
  return trustedKey(createPublicKey({ key: jwk, format: 'jwk' }));
}

function trustedKey(key: KeyObject): TrustedKey {
  return { key, keyId: sha256(rawPublicKey(key)).slice(0, 16) };
}

function rawPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('The key is no Ed25519 key.');
  return Buffer.from(key.export({ format: 'jwk' }).x as string, 'base64url');
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
