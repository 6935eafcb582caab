import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { BlocklistManifestSchema, type BlocklistManifest } from '#contracts';
import { sha256 } from './content.js';

/** A key that signs block lists. */
export interface SigningKey {
  /** The first 8 bytes of the SHA-256 of the raw public key, in hex. */
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** The 32 raw bytes (RFC 8032). */
  readonly publicKey: Buffer;
}

/** What a signature speaks of. */
export interface ManifestFields {
  readonly tenant: string;
  readonly group: string;
  readonly revision: bigint;
  readonly contentHash: Uint8Array;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export interface SignedManifest {
  readonly manifest: Uint8Array;
  readonly signature: Buffer;
  readonly keyId: string;
}

/** A new Ed25519 key and its private part as PKCS #8 (DER), to be sealed and stored. */
export function generateSigningKey(): { key: SigningKey; pkcs8: Buffer } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  return { key: keyOf(privateKey), pkcs8 };
}

export function readSigningKey(pkcs8: Buffer): SigningKey {
  return keyOf(createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
}

/** Serialises the manifest and signs those bytes with Ed25519. */
export function signManifest(fields: ManifestFields, key: SigningKey): SignedManifest {
  const message = create(BlocklistManifestSchema, {
    tenant: fields.tenant,
    group: fields.group,
    revision: fields.revision,
    contentHash: fields.contentHash,
    issuedAt: timestampFromDate(fields.issuedAt),
    expiresAt: timestampFromDate(fields.expiresAt),
  });
  const manifest = toBinary(BlocklistManifestSchema, message);
  return { manifest, signature: sign(null, manifest, key.privateKey), keyId: key.keyId };
}

export function readManifest(manifest: Uint8Array): BlocklistManifest {
  return fromBinary(BlocklistManifestSchema, manifest);
}

function keyOf(privateKey: KeyObject): SigningKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = Buffer.from(x as string, 'base64url');
  return { keyId: sha256(publicKey).subarray(0, 8).toString('hex'), privateKey, publicKey };
}
