import { describe, expect, it } from '@jest/globals';
import { factorById, factors } from '../src/domain/factors/registry.js';
import { isDate, whyNotAValue } from '../src/domain/factors/value.js';
import { findConflicts } from '../src/domain/rule-conflicts.js';
import { readRule, writeRule } from '../src/domain/rule-normalise.js';
import { explain } from '../src/domain/score.js';
import { shipped } from './shipped.js';

describe('the shipped catalog', () => {
  const ai = shipped.apps.filter((app) => app.generativeAi);
  const scores = new Map(shipped.apps.map((app) => [app.id, explain(factors, app.facts, app.generativeAi).score]));

  it('has hundreds of AI apps and as many others, without a wrong line', () => {
    expect(shipped.problems).toEqual([]);
    expect(ai.length).toBeGreaterThanOrEqual(500);
    expect(shipped.apps.length - ai.length).toBeGreaterThanOrEqual(600);
  });

  it('gives no rule to two apps, and every rule reads as it is written', () => {
    expect(findConflicts(shipped.apps)).toEqual([]);
    for (const rule of shipped.apps.flatMap((app) => app.rules)) expect(readRule(writeRule(rule))).toEqual({ rule });
  });

  it('names a source and a date for every value', () => {
    for (const fact of shipped.apps.flatMap((app) => app.facts)) {
      const factor = factorById.get(fact.factorId);
      expect(factor && whyNotAValue(factor, fact.value)).toBeUndefined();
      expect(fact.source).not.toBe('');
      expect(isDate(fact.observedOn)).toBe(true);
    }
  });

  it('has scores that tell apps apart', () => {
    const known = ai.map((app) => scores.get(app.id)).filter((score) => score !== undefined);
    const low = known.filter((score) => score <= 6).length;
    expect(low / known.length).toBeGreaterThan(0.2);
    expect(low / known.length).toBeLessThan(0.8);
    expect(known.filter((score) => score >= 8).length).toBeGreaterThan(60);
    for (const id of ['amazon-bedrock', 'azure-ai-foundry', 'claude', 'chatgpt', 'github-copilot']) {
      expect(scores.get(id)).toBeGreaterThan(8);
    }
    for (const id of ['deepseek', 'midjourney', 'replika', 'character-ai', 'suno'])
      expect(scores.get(id)).toBeLessThan(6);
  });

  it('gives no score to an app of which only its fame is known', () => {
    const counts = (factorId: string) => (factorById.get(factorId)?.importance ?? 0) > 0;
    const famous = shipped.apps.filter((app) => {
      const known = app.facts.map(({ factorId }) => factorId).filter(counts);
      return known.length > 0 && known.every((id) => id === 'list-mentions');
    });
    expect(famous.length).toBeGreaterThan(100);
    expect(famous.filter((app) => scores.get(app.id) !== undefined)).toEqual([]);
  });

  it('knows 25 values and more of the best known AI apps', () => {
    for (const id of [
      'chatgpt',
      'claude',
      'gemini',
      'microsoft-365-copilot',
      'github-copilot',
      'cursor',
      'perplexity',
    ]) {
      expect(shipped.apps.find((app) => app.id === id)?.facts.length).toBeGreaterThanOrEqual(25);
    }
  });
});
