import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './project-root.js';

/**
 * Which catalog what is started for a test knows: every generative-AI app and every app that was put together by hand,
 * or all that is shipped, which takes several times as long to load.
 */
export type TestCatalog = 'sample' | 'whole';

const DATA = path.join('services', 'catalog', 'data');

/** The value of `GNOMON_CATALOG_FILE` for a test. */
export function catalogFile(catalog: TestCatalog = 'sample'): string {
  return catalog === 'whole' ? path.join(projectRoot(), DATA, 'apps.jsonl') : sampleCatalogFile();
}

/** The path of the sample, which is written once for each state of the shipped file: its header, and some of its lines. */
function sampleCatalogFile(): string {
  const whole = readFileSync(catalogFile('whole'), 'utf8');
  const curated = readFileSync(path.join(projectRoot(), DATA, 'curated', 'cloud-apps.jsonl'), 'utf8');
  const hash = createHash('sha256').update(whole).update(curated).digest('hex').slice(0, 16);
  const file = path.join(projectRoot(), '.gnomon', 'test', `catalog-${hash}.jsonl`);
  if (existsSync(file)) return file;
  mkdirSync(path.dirname(file), { recursive: true });
  // Test files run side by side: whoever reads it finds all of it.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, sampleOf(whole, idsOf(curated)));
  renameSync(unfinished, file);
  return file;
}

function sampleOf(whole: string, wanted: ReadonlySet<string>): string {
  const [header = '', ...lines] = whole.split('\n').filter((line) => line !== '');
  const sample = lines.filter((line) => {
    const { id, aiKind } = JSON.parse(line) as { id: string; aiKind?: string };
    return aiKind !== undefined || wanted.has(id);
  });
  return `${[header, ...sample].join('\n')}\n`;
}

function idsOf(curated: string): ReadonlySet<string> {
  const lines = curated.split('\n').filter((line) => line.trim() !== '');
  return new Set(lines.map((line) => (JSON.parse(line) as { id: string }).id));
}
