import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawFacts } from './raw-facts.js';

/** An app that was put together by hand. */
export interface CuratedApp {
  readonly id: string;
  readonly name: string;
  readonly category: string;
  readonly aiKind?: string;
  readonly vendor?: string;
  readonly description?: string;
  readonly rules: readonly string[];
  /** Domains whose facts in the public lists hold for the app although it does not own them: those of its vendor. */
  readonly factsFrom?: readonly string[];
  /** Names under which the public lists know the app. */
  readonly aliases?: readonly string[];
}

export interface Curated {
  readonly aiApps: readonly CuratedApp[];
  readonly cloudApps: readonly CuratedApp[];
  /** App id → facts, a later line over an earlier one. */
  readonly facts: ReadonlyMap<string, RawFacts>;
  /** Domains of the public lists that are to become no app and part of none. */
  readonly leftOut: ReadonlySet<string>;
  readonly sources: Readonly<Record<string, { name: string; licence: string; observedOn: string }>>;
}

interface FactLine {
  readonly app: string;
  readonly source: string;
  readonly observedOn: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Reads the curated files below a data folder. */
export function readCurated(data: string): Curated {
  const read = (name: string) => readFileSync(join(data, 'curated', name), 'utf8');
  const rows = <T>(name: string) =>
    read(name)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as T);
  const facts = new Map<string, RawFacts>();
  for (const line of rows<FactLine>('facts.jsonl')) {
    const own = facts.get(line.app) ?? (new Map() as RawFacts);
    for (const [id, value] of Object.entries(line.values)) own.set(id, [value, line.source, line.observedOn]);
    facts.set(line.app, own);
  }
  const leftOut = read('left-out.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    aiApps: rows<CuratedApp>('ai-apps.jsonl'),
    cloudApps: rows<CuratedApp>('cloud-apps.jsonl'),
    facts,
    leftOut: new Set(leftOut.map((line) => line.split('\t')[0] as string)),
    sources: JSON.parse(read('sources.json')) as Curated['sources'],
  };
}
