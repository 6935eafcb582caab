import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawFacts } from './raw-facts.js';

/** Values of one app by one source, as the curated facts and the collector write them: a JSON object a line. */
export interface FactLine {
  readonly app: string;
  /** Begins with `https://`. */
  readonly source: string;
  readonly observedOn: string;
  readonly values: Readonly<Record<string, string>>;
}

interface Drafted {
  readonly warnings: string[];
  all(): readonly { readonly id: string; readonly facts: RawFacts }[];
}

const FOLDER = 'measured';

/** Puts what was measured into the apps so far, a later day over an earlier one. Call it before facts are gathered. */
export function addMeasured(drafts: Drafted, dataFolder: string): void {
  const byId = new Map(drafts.all().map((draft) => [draft.id, draft]));
  const lines = readMeasured(dataFolder).sort((a, b) => (a.observedOn < b.observedOn ? -1 : 1));
  for (const { app, source, observedOn, values } of lines) {
    const draft = byId.get(app);
    if (!draft) {
      drafts.warnings.push(`measured values of unknown app ${app}`);
      continue;
    }
    for (const [factor, value] of Object.entries(values)) draft.facts.set(factor, [value, source, observedOn]);
  }
}

function readMeasured(dataFolder: string): FactLine[] {
  const folder = join(dataFolder, FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return names.sort().flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n');
    return lines.flatMap((line, at) => {
      if (line.trim() === '') return [];
      try {
        return [JSON.parse(line) as FactLine];
      } catch {
        throw new Error(`${join(folder, name)}: line ${at + 1} is not JSON`);
      }
    });
  });
}
