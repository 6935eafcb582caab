/** The cursor that stands for the item of this key. */
export function encodeKey(key: string): string {
  return Buffer.from(JSON.stringify([key])).toString('base64url');
}

/** The key a cursor stands for; undefined where the text is no cursor. */
export function decodeKey(cursor: string): string | undefined {
  if (cursor.length > 200) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined;
  } catch {
    return undefined;
  }
}
