import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The names of a curated list: one a line, with a reason behind a tab; lines with `#` are notes. No file is no names. */
export function readNames(data: string, file: string): ReadonlySet<string> {
  const path = join(data, 'curated', file);
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const names = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Set(names.map((line) => line.split('\t')[0] as string));
}
