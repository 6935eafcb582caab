import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCuratedFacts } from './curated-facts.js';
import type { RawFacts } from './raw-facts.js';
import { readTopAiApps } from './top-ai.js';

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
  /** The ids of the most used AI apps. */
  readonly topAiApps: readonly string[];
  /** Domains of the public lists that are to become no app and part of none. */
  readonly leftOut: ReadonlySet<string>;
  readonly sources: Readonly<Record<string, { name: string; licence: string; observedOn: string }>>;
}

/** Reads the curated files below a data folder. */
export function readCurated(data: string): Curated {
  const read = (name: string) => readFileSync(join(data, 'curated', name), 'utf8');
  const rows = <T>(name: string) =>
    read(name)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as T);
  const leftOut = read('left-out.txt')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return {
    aiApps: rows<CuratedApp>('ai-apps.jsonl'),
    cloudApps: rows<CuratedApp>('cloud-apps.jsonl'),
    facts: readCuratedFacts(join(data, 'curated')),
    topAiApps: readTopAiApps(data),
    leftOut: new Set(leftOut.map((line) => line.split('\t')[0] as string)),
    sources: JSON.parse(read('sources.json')) as Curated['sources'],
  };
}
