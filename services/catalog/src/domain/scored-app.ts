import type { AppRecord, ScoredApp } from './app-record.js';
import { factors } from './factors/registry.js';
import { explain } from './score.js';

/** The app with the score that its facts give it under the default weights. */
export function scored(app: AppRecord): ScoredApp {
  const { score, confidence } = explain(factors, app.facts, app.generativeAi);
  return { ...app, score, confidence };
}
