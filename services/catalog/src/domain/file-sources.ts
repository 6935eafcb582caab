import { LineProblem } from './file-fields.js';
import { isDate } from './factors/value.js';

/** A list that facts come from, and the day it was read. */
export interface FactSource {
  readonly name: string;
  readonly observedOn: string;
}

/** Reads the sources of a header: key → `{ name, observedOn }`. */
export function readSources(sources: unknown): ReadonlyMap<string, FactSource> {
  if (typeof sources !== 'object' || sources === null) throw new LineProblem('bad-header', 'the header has no sources');
  return new Map(Object.entries(sources).map(([key, source]) => [key, readSource(key, source)]));
}

function readSource(key: string, source: unknown): FactSource {
  const { name, observedOn } = (source ?? {}) as Partial<FactSource>;
  if (typeof name !== 'string' || typeof observedOn !== 'string' || !isDate(observedOn)) {
    throw new LineProblem('bad-header', `the source "${key}" needs a name and a date`);
  }
  return { name, observedOn };
}
