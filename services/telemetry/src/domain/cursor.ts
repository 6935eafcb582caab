/** A cursor of a sorted list: the place of an item, by the list's name and the item's sort keys. Opaque to clients. */
export function encodeCursor(list: string, keys: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...keys])).toString('base64url');
}

const MAX_LENGTH = 4_096;

/** The sort keys in a cursor; undefined where it is not one of this list. */
export function decodeCursor(text: string, list: string, keys: number): string[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== keys + 1 || value[0] !== list) return undefined;
    const found: unknown[] = value.slice(1);
    return found.every((key) => typeof key === 'string' && !key.includes('\0')) ? (found as string[]) : undefined;
  } catch {
    return undefined;
  }
}
