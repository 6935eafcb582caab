import { createHash, randomBytes } from 'node:crypto';
import { isId } from '#kernel';

const SECRET_BYTES = 32;
const TEXT = /^gne_([0-9a-f-]{36})_([A-Za-z0-9_-]{43})$/;

/** Makes the text of an enrolment secret, `gne_<id>_<256 random bits>`, and the hash that is kept of it. */
export function issueSecret(id: string): { text: string; hash: Buffer } {
  const secret = randomBytes(SECRET_BYTES);
  return { text: `gne_${id}_${secret.toString('base64url')}`, hash: hashOf(secret) };
}

/** The id in a secret's text and the hash of what came with it; undefined where the text cannot be one. */
export function parseSecret(text: string): { id: string; hash: Buffer } | undefined {
  const match = TEXT.exec(text);
  const [, id, encoded] = match ?? [];
  if (!id || !encoded || !isId(id)) return undefined;
  const secret = Buffer.from(encoded, 'base64url');
  return secret.toString('base64url') === encoded ? { id, hash: hashOf(secret) } : undefined;
}

function hashOf(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
