import { isPlainText } from './text.js';

/** The place of an item in a list: base64url of the JSON of its sort keys. Opaque to clients. */
export function encodeCursor(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** The sort keys of a cursor, or undefined for a text that is none with `length` keys. */
export function decodeCursor(cursor: string, length: number): string[] | undefined {
  try {
    const keys: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const valid =
      Array.isArray(keys) && keys.length === length && keys.every((key) => typeof key === 'string' && isPlainText(key));
    return valid ? (keys as string[]) : undefined;
  } catch {
    return undefined;
  }
}
