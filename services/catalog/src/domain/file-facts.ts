import type { Fact } from './app-record.js';
import { LineProblem } from './file-fields.js';
import type { FactSource } from './file-sources.js';
import { factorById } from './factors/registry.js';
import { isDate, whyNotAValue } from './factors/value.js';

/**
 * Reads the facts of an app: factor id → `[value, source]` with the key of a source of the header, whose date counts,
 * or `[value, URL, date]`.
 */
export function readFacts(id: string, facts: unknown, sources: ReadonlyMap<string, FactSource>): Fact[] {
  if (facts === undefined) return [];
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) {
    throw new LineProblem('bad-value', `${id}: facts is no object`);
  }
  return Object.entries(facts).map(([factorId, entry]) => readFact(id, factorId, entry, sources));
}

function readFact(id: string, factorId: string, entry: unknown, sources: ReadonlyMap<string, FactSource>): Fact {
  const factor = factorById.get(factorId);
  if (!factor) throw new LineProblem('unknown-factor', `${id}: unknown factor "${factorId}"`);
  if (factor.field) throw new LineProblem('bad-value', `${id}: ${factorId} is a field of the app, not a fact`);
  const [value, from, date] = Array.isArray(entry) ? entry.map(String) : [];
  if (value === undefined || from === undefined)
    throw new LineProblem('unknown-source', `${id}: ${factorId} has no source`);
  const why = whyNotAValue(factor, value);
  if (why) throw new LineProblem('bad-value', `${id}: ${why}`);
  const source = sources.get(from);
  const observedOn = date ?? source?.observedOn ?? '';
  if (!source && !from.startsWith('https://'))
    throw new LineProblem('unknown-source', `${id}: unknown source "${from}"`);
  if (!isDate(observedOn)) throw new LineProblem('bad-date', `${id}: ${factorId} has no date (YYYY-MM-DD)`);
  return { factorId, value, source: source?.name ?? from, observedOn };
}
