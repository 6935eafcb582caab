import { isPlainText } from './text.js';

/** The place of an app in a sorted list: the sort it belongs to, the key as text, and the id. */
export interface Place {
  readonly order: string;
  readonly key: string;
  readonly id: string;
}

const MAX_LENGTH = 2000;

/** Opaque to clients: base64url of JSON. */
export function writeCursor({ order, key, id }: Place): string {
  return Buffer.from(JSON.stringify([order, key, id])).toString('base64url');
}

/** The place that a cursor of this order names; undefined for any other text. */
export function readCursor(cursor: string, order: string): Place | undefined {
  if (cursor.length > MAX_LENGTH) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 3) return undefined;
    if (!parts.every((part) => typeof part === 'string' && isPlainText(part))) return undefined;
    const [found, key, id] = parts as [string, string, string];
    return found === order ? { order, key, id } : undefined;
  } catch {
    return undefined;
  }
}
