import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { factorById } from '../../services/catalog/src/domain/factors/registry.js';
import { isDate, whyNotAValue } from '../../services/catalog/src/domain/factors/value.js';
import type { RawFacts } from './raw-facts.js';

interface FactLine {
  readonly app: string;
  readonly source: string;
  readonly observedOn: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Reads what people wrote down about apps: `facts.jsonl`, then every file of `ai-facts/` in name order, a later line
 * over an earlier one. App id → facts.
 *
 * @throws Error that names file, line and factor of everything that is no value, and of lines without source or day
 */
export function readCuratedFacts(curated: string): Map<string, RawFacts> {
  const facts = new Map<string, RawFacts>();
  const problems: string[] = [];
  for (const file of factFiles(curated)) {
    const lines = readFileSync(join(curated, file), 'utf8').split('\n');
    for (const [index, text] of lines.entries()) {
      if (text.trim() === '') continue;
      const at = `curated/${file}, line ${index + 1}`;
      const line = readLine(text);
      const wrong = typeof line === 'string' ? [line] : whyNot(line);
      problems.push(...wrong.map((why) => `${at}: ${why}`));
      if (typeof line !== 'string' && wrong.length === 0) add(facts, line);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return facts;
}

function factFiles(curated: string): string[] {
  const folder = join(curated, 'ai-facts');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.jsonl')) : [];
  return ['facts.jsonl', ...files.sort().map((name) => `ai-facts/${name}`)];
}

/** The line, or why it is none. */
function readLine(text: string): FactLine | string {
  try {
    const line = JSON.parse(text) as Partial<FactLine> | null;
    if (typeof line?.app !== 'string' || typeof line.values !== 'object') return 'has no app or no values';
    return { source: '', observedOn: '', ...line } as FactLine;
  } catch {
    return 'is not JSON';
  }
}

function whyNot({ app, source, observedOn, values }: FactLine): string[] {
  const problems = Object.entries(values).map(([id, value]) => {
    const factor = factorById.get(id);
    if (!factor) return `${app}: unknown factor "${id}"`;
    if (factor.field) return `${app}: ${id} is a field of the app, not a fact`;
    const why = whyNotAValue(factor, String(value));
    return why && `${app}: ${why}`;
  });
  if (!/^https:\/\/[^\s]+$/.test(source)) problems.push(`${app}: source must be an https URL, not "${source}"`);
  if (!isDate(observedOn)) problems.push(`${app}: observedOn must be a date (YYYY-MM-DD), not "${observedOn}"`);
  return problems.filter((problem) => problem !== undefined);
}

function add(facts: Map<string, RawFacts>, { app, source, observedOn, values }: FactLine): void {
  const own = facts.get(app) ?? (new Map() as RawFacts);
  for (const [id, value] of Object.entries(values)) own.set(id, [value, source, observedOn]);
  facts.set(app, own);
}
