import type { AppRecord, ScoredApp } from './app-record.js';
import { factors } from './factors/registry.js';
import { Scorer } from './scorer.js';

/** Scores by the default weights. */
const byDefault = new Scorer(factors);

/** The app with the score that its facts give it under the default weights. */
export function scored(app: AppRecord): ScoredApp {
  const { score, confidence } = byDefault.score(app.facts, app.generativeAi);
  return { ...app, score, confidence };
}
