import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The names that many services share, one a line with a word of why: no app may claim one of them, only what is below
 * one by an exact host, or a path on it.
 */
export function readSharedInfrastructure(data: string): ReadonlySet<string> {
  const path = join(data, 'curated', 'shared-infrastructure.txt');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const names = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return new Set(names.map((line) => line.split('\t')[0] as string));
}
