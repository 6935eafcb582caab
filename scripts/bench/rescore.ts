import { readFileSync } from 'node:fs';
import type { AppRecord } from '../../services/catalog/src/domain/app-record.js';
import { parseCatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { factors } from '../../services/catalog/src/domain/factors/registry.js';
import { explain, GROUPS, type Weights } from '../../services/catalog/src/domain/score.js';
import { Scorer } from '../../services/catalog/src/domain/scorer.js';
import { IMPORTANCES, weighable } from '../../services/catalog/src/domain/weighting.js';
import { Random } from '../demo/random.js';

const CATALOG = new URL('../../services/catalog/data/apps.jsonl', import.meta.url);
/** The goal is for so many; a smaller catalog is gone through again until it is reached. */
const APPS = 20_000;
const ROUNDS = 7;
/** Until the just-in-time compiler has done its work. */
const WARM_UP_ROUNDS = 2;

/** One round: random weights for every factor and group, and random handling of what does not apply. */
interface Round {
  readonly apps: number;
  /** Of those, how many are different ones. */
  readonly distinctApps: number;
  /** How many values are known of them in all. */
  readonly facts: number;
  /** User and system time of this process, to score every app once. */
  readonly cpuSeconds: number;
  /** The same with every part of every score: what `scoreExplanation` does for one app. */
  readonly explainedCpuSeconds: number;
  readonly microsecondsPerApp: number;
  /** Scores that differ between the two; none may. */
  readonly differences: number;
}

/** How long it takes to score the whole catalog again under the weights of a tenant, in CPU time. No database. */
export async function run(): Promise<{ name: string; unit: string; rounds: Round[]; median: Round }> {
  const shipped = parseCatalogFile(readFileSync(CATALOG, 'utf8')).apps;
  const apps = Array.from({ length: Math.max(APPS, shipped.length) }, (_, at) => shipped[at % shipped.length]!);
  const random = new Random(20_261_122);
  const rounds: Round[] = [];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    const measured = measure(apps, shipped.length, randomWeights(random));
    if (round >= WARM_UP_ROUNDS) rounds.push(measured);
  }
  return Promise.resolve({ name: 'rescore', unit: 'CPU seconds a catalog', rounds, median: medianOf(rounds) });
}

function measure(apps: readonly AppRecord[], distinctApps: number, weights: Weights): Round {
  const fast = timed(() => {
    const scorer = new Scorer(factors, weights);
    return apps.map((app) => scorer.score(app.facts, app.generativeAi).score);
  });
  const slow = timed(() => apps.map((app) => explain(factors, app.facts, app.generativeAi, weights).score));
  return {
    apps: apps.length,
    distinctApps,
    facts: apps.reduce((count, app) => count + app.facts.length, 0),
    cpuSeconds: fast.cpuSeconds,
    explainedCpuSeconds: slow.cpuSeconds,
    microsecondsPerApp: (fast.cpuSeconds * 1e6) / apps.length,
    differences: fast.result.filter((score, at) => score !== slow.result[at]).length,
  };
}

function timed<T>(work: () => T): { result: T; cpuSeconds: number } {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuSeconds: (user + system) / 1e6 };
}

function randomWeights(random: Random): Weights {
  const importance = () => random.pick(IMPORTANCES);
  return {
    factors: new Map(weighable.map(({ id }) => [id, importance()])),
    // A catalog of which no group counts would be scored in no time.
    groups: new Map(GROUPS.map((group) => [group, importance() || 1])),
    notApplicable: new Map(weighable.map(({ id }) => [id, random.next() < 0.5 ? 'zero' : 'left-out'])),
  };
}

function medianOf(rounds: readonly Round[]): Round {
  const sorted = [...rounds].sort((a, b) => a.cpuSeconds - b.cpuSeconds);
  return sorted[Math.floor(sorted.length / 2)]!;
}
