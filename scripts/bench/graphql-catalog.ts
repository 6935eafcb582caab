import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../libs/testkit/src/project-root.js';
import { Random } from '../demo/random.js';
import { madeUpDomain } from './match-hosts.js';

interface Line {
  readonly id: string;
  readonly rules: readonly string[];
  readonly [field: string]: unknown;
}

const SEED = 20_261_123;

/**
 * The catalog file to measure with: the shipped one where it has so many apps, else a new one, filled up with apps that
 * have the categories and facts of shipped ones under made-up names and domains.
 */
export function catalogFileOf(count: number, directory: string): string {
  const shipped = path.join(projectRoot(), 'services', 'catalog', 'data', 'apps.jsonl');
  const [header, ...lines] = readFileSync(shipped, 'utf8').trimEnd().split('\n') as [string, ...string[]];
  if (lines.length >= count) return shipped;
  const random = new Random(SEED);
  const models = lines.map((line) => JSON.parse(line) as Line);
  const all = [...lines];
  const taken = new Set(models.map(({ id }) => id));
  while (all.length < count) {
    const domain = madeUpDomain(random);
    const id = domain.replaceAll('.', '-');
    if (taken.has(id)) continue;
    taken.add(id);
    const name = `${domain.charAt(0).toUpperCase()}${domain.slice(1, domain.indexOf('.'))}`;
    const model = models[all.length % models.length]!;
    all.push(
      JSON.stringify({ ...model, id, name, homepage: `https://${domain}`, rules: [domain, `app.${domain}/chat`] }),
    );
  }
  const file = path.join(directory, 'apps.jsonl');
  writeFileSync(file, [header, ...all].join('\n'));
  return file;
}
