import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { readRule, ruleKey, writeRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { addImports, readImports } from './imports.js';
import type { RawFacts } from './raw-facts.js';

type RawFact = readonly string[];

interface Line {
  readonly id: string;
  readonly name: string;
  readonly rules: string[];
  readonly facts?: Record<string, RawFact>;
}

/** An app of the compiled catalog to which imports add. */
interface Merged {
  readonly id: string;
  readonly name: string;
  readonly line: Line;
  /** What somebody wrote down, and then what imports and measurements say where nobody did. */
  readonly facts: RawFacts;
  readonly lists: Set<string>;
}

/**
 * The text of a catalog: the compiled one of a data folder with its imports and measurements, for an installation that
 * does not have the public facts to compile from. Values of lists give way to both, those that somebody wrote down stay.
 *
 * @throws Error where the version is not newer than that of the compiled catalog, or a line would be wrong
 */
export function mergeCatalog(dataFolder: string, version?: string): { text: string; warnings: readonly string[] } {
  const [first = '', ...rest] = readFileSync(join(dataFolder, 'apps.jsonl'), 'utf8').split('\n');
  const header = JSON.parse(first) as { version: string };
  const next = version ?? `${header.version}.1`;
  if (next <= header.version) throw new Error(`Version ${next} does not sort after ${header.version}.`);
  const importUrls = new Set(readImports(dataFolder).map((file) => file.header.url));
  const apps = new CompiledApps(
    rest.filter((line) => line !== '').map((line) => JSON.parse(line) as Line),
    importUrls,
  );
  addImports(apps, dataFolder);
  const lines = [...apps.all()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(writeMerged);
  const text = [{ ...header, version: next }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
  const [problem] = parseCatalogFile(text).problems;
  if (problem) throw new Error(problem.message);
  return { text, warnings: apps.warnings };
}

function writeMerged({ line, facts }: Merged): object {
  const all: Record<string, RawFact> = { ...line.facts };
  for (const [factor, fact] of facts) {
    const before = all[factor];
    // A value that somebody wrote down gives way to a later one of the same page only.
    if (!before || before.length < 3 || before[1] === fact[1] || !line.facts?.[factor]) all[factor] = fact;
  }
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = [...line.rules].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return { ...line, rules, facts: sorted.length > 0 ? Object.fromEntries(sorted) : undefined };
}

/** Rules stand in the order in which compile writes them. */
function keyOf(text: string): string {
  const read = readRule(text);
  return 'rule' in read ? ruleKey(read.rule) : text;
}

class CompiledApps {
  readonly warnings: string[] = [];
  private readonly apps = new Map<string, Merged>();
  private readonly owners = new Map<string, Merged>();

  constructor(lines: readonly Line[], importUrls: ReadonlySet<string>) {
    for (const line of lines) {
      // What an import said before, and what a list says, an import may say anew.
      const facts = Object.entries(line.facts ?? {}).filter(
        ([, fact]) => fact.length === 3 && !importUrls.has(fact[1] ?? ''),
      );
      const kept = Object.entries(line.facts ?? {}).filter(([, fact]) => !importUrls.has(fact[1] ?? ''));
      this.insert({ ...line, facts: Object.fromEntries(kept) }, new Map(facts) as unknown as RawFacts);
    }
  }

  all(): Merged[] {
    return [...this.apps.values()].filter(({ line }) => line.rules.length > 0);
  }

  has(id: string): boolean {
    return this.apps.has(id);
  }

  ownerOf(host: string): Merged | undefined {
    return [host, `=${host}`]
      .map((text) => readRule(text))
      .map((read) => ('rule' in read ? this.owners.get(ruleKey(read.rule)) : undefined))
      .find((owner) => owner !== undefined);
  }

  add(
    {
      id,
      name,
      vendor,
      description,
      category,
      aiKind,
    }: Record<'id' | 'name' | 'vendor' | 'description' | 'category' | 'aiKind', string>,
    rules: readonly string[],
  ): Merged {
    const optional = { vendor: vendor || undefined, description: description || undefined };
    const line = { id, name, ...optional, category, aiKind: aiKind || undefined, rules: [] as string[] };
    const app = this.insert(line, new Map());
    for (const rule of rules) this.claim(app, rule);
    return app;
  }

  claim(app: Merged, text: string): void {
    const read = readRule(text);
    if ('refused' in read) return void this.warnings.push(`${app.id}: ${read.refused}`);
    const key = ruleKey(read.rule);
    const owner = this.owners.get(key);
    if (owner === app) return;
    if (owner) return void this.warnings.push(`${app.id}: rule ${text} belongs to ${owner.id}`);
    this.owners.set(key, app);
    app.line.rules.push(writeRule(read.rule));
  }

  private insert(line: Line, facts: RawFacts): Merged {
    const app = { id: line.id, name: line.name, line, facts, lists: new Set<string>() };
    this.apps.set(line.id, app);
    for (const text of line.rules) {
      const read = readRule(text);
      if ('rule' in read) this.owners.set(ruleKey(read.rule), app);
    }
    return app;
  }
}
