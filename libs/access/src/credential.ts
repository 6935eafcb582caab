import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isId } from '#kernel';

/** `gno`: an API token of a person or integration. `gnd`: the credential of a device. */
export type CredentialKind = 'gno' | 'gnd';

/** A credential as it was presented: which one it claims to be, and the hash of the secret that came with it. */
export interface PresentedCredential {
  readonly kind: CredentialKind;
  /** The id of the API token or device. */
  readonly id: string;
  /** SHA-256 of the 32 secret bytes. */
  readonly hash: Buffer;
}

const SECRET_BYTES = 32;
const ID_LENGTH = 36;
const SECRET_LENGTH = 43;
const TEXT = /^(gno|gnd)_([0-9a-f-]{36})_([A-Za-z0-9_-]{43})$/;

/** The length of every credential, in characters. */
export const CREDENTIAL_LENGTH = 'gno_'.length + ID_LENGTH + 1 + SECRET_LENGTH;

/**
 * Makes the credential of an API token or device: `<kind>_<id>_<secret>`, the secret being 256 random bits in base64url.
 *
 * @param id a UUID in lower case, as `newId()` makes them
 * @returns the text, to be shown once and never stored, and the SHA-256 of its secret bytes, to be stored
 */
export function issueCredential(kind: CredentialKind, id: string): { text: string; hash: Buffer } {
  const secret = randomBytes(SECRET_BYTES);
  return { text: `${kind}_${id}_${secret.toString('base64url')}`, hash: sha256(secret) };
}

/** Takes a credential apart; undefined where the text cannot be one. Exactly one text stands for each credential. */
export function parseCredential(text: string): PresentedCredential | undefined {
  if (text.length !== CREDENTIAL_LENGTH) return undefined;
  const match = TEXT.exec(text);
  if (!match || !isId(match[2]!)) return undefined;
  const secret = Buffer.from(match[3]!, 'base64url');
  if (secret.toString('base64url') !== match[3]) return undefined;
  return { kind: match[1] as CredentialKind, id: match[2]!, hash: sha256(secret) };
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The credential of an `Authorization: Bearer …` header; undefined where the header is missing or of another scheme. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header?.trim() ?? '')?.[1];
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
