import { AiKind, AppCategory } from '#contracts';
import type { AppRecord } from '../../services/catalog/src/domain/app-record.js';
import type { CatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { factors } from '../../services/catalog/src/domain/factors/registry.js';
import { explain } from '../../services/catalog/src/domain/score.js';
import { topAiFigures } from './top-ai.js';

/**
 * Figures of a catalog file; `scores` counts apps by whole points.
 *
 * @param topAiApps ids of the most used AI apps, of which the `topAi` figures speak
 */
export function stats(file: CatalogFile, topAiApps: readonly string[]) {
  const scored = file.apps.map((app) => ({ app, ...explain(factors, app.facts, app.generativeAi) }));
  const ai = scored.filter(({ app }) => app.generativeAi);
  return {
    version: file.version,
    apps: file.apps.length,
    genAiApps: ai.length,
    withRules: file.apps.filter((app) => app.rules.length > 0).length,
    rules: total(file.apps, (app) => app.rules.length),
    factorsDefined: factors.length,
    factorsKnown: total(file.apps, (app) => app.facts.length),
    unscored: scored.filter(({ score }) => score === undefined).length,
    genAiUnscored: ai.filter(({ score }) => score === undefined).length,
    genAiScoreUpTo6: ai.filter(({ score }) => score !== undefined && score <= 6).length,
    ...topAiFigures(file.apps, topAiApps),
    scores: histogram(scored.map(({ score }) => score)),
    genAiScores: histogram(ai.map(({ score }) => score)),
    byCategory: count(file.apps, (app) => AppCategory[app.category]),
    byAiKind: count(
      ai.map(({ app }) => app),
      (app) => AiKind[app.aiKind],
    ),
  };
}

function total<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

function count(apps: readonly AppRecord[], by: (app: AppRecord) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const app of apps) counts[by(app)] = (counts[by(app)] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([, a], [, b]) => b - a));
}

function histogram(scores: readonly (number | undefined)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const score of scores) {
    const bin = score === undefined ? 'unscored' : String(Math.min(9, Math.floor(score)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
