import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AppRecord } from '../../services/catalog/src/domain/app-record.js';

/** How many known values an app of the list should have. */
const WANTED = 25;

/** The ids of the most used AI apps, `curated/top-ai-apps.txt` of a data folder; none where there is no such file. */
export function readTopAiApps(data: string): string[] {
  const path = join(data, 'curated', 'top-ai-apps.txt');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** Throws, with all that is wrong, where the list names an app twice or one that there is not. */
export function checkTopAiApps(ids: readonly string[], apps: ReadonlySet<string>): void {
  const problems = ids.flatMap((id, index) => [
    ...(apps.has(id) ? [] : [`curated/top-ai-apps.txt: there is no app ${id}`]),
    ...(ids.indexOf(id) === index ? [] : [`curated/top-ai-apps.txt: names ${id} twice`]),
  ]);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/**
 * How much is known of the listed apps: the median of known values, how many apps have 25 or more, and the ten of which
 * least is known. An app that the file lacks counts as 0 values.
 */
export function topAiFigures(apps: readonly AppRecord[], ids: readonly string[]) {
  const counts = new Map(apps.map((app) => [app.id, app.facts.length]));
  const known = ids.map((id) => ({ id, known: counts.get(id) ?? 0 })).sort((a, b) => a.known - b.known);
  return {
    topAiApps: ids.length,
    topAiMedianKnownFactors: median(known.map((app) => app.known)),
    topAiAtLeast25: known.filter((app) => app.known >= WANTED).length,
    topAiFewest: Object.fromEntries(known.slice(0, 10).map((app) => [app.id, app.known])),
  };
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
