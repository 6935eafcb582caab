import { describe, expect, it } from '@jest/globals';
import { AppCategory, MatchRuleKind, MatchRuleUse } from '#contracts';
import { factorById, factors } from '../src/domain/factors/registry.js';
import { isDate, whyNotAValue } from '../src/domain/factors/value.js';
import { findConflicts } from '../src/domain/rule-conflicts.js';
import { readRule, ruleKey, writeRule } from '../src/domain/rule-normalise.js';
import { explain } from '../src/domain/score.js';
import { isShared } from '../src/domain/shared-infrastructure.js';
import { shipped, shippedText } from './shipped.js';

describe('the shipped catalog', () => {
  const ai = shipped.apps.filter((app) => app.generativeAi);
  const scores = new Map(shipped.apps.map((app) => [app.id, explain(factors, app.facts, app.generativeAi).score]));

  it('has 20,000 apps and 1,500 AI apps, each with a category and a rule, without a wrong line', () => {
    expect(shipped.problems).toEqual([]);
    expect(shipped.apps.length).toBeGreaterThanOrEqual(20_000);
    expect(ai.length).toBeGreaterThanOrEqual(1_500);
    expect(shipped.apps.filter(({ category, rules }) => !category || rules.length === 0)).toEqual([]);
  });

  it('does not know the category of a third of the apps at most', () => {
    const other = shipped.apps.filter(({ category }) => category === AppCategory.OTHER);
    expect(other.length / shipped.apps.length).toBeLessThan(0.35);
  });

  it('is small enough to be read at every start', () => {
    expect(Buffer.byteLength(shippedText)).toBeLessThan(7_000_000);
  });

  it('claims no shared infrastructure, and no app claims a rule of another', () => {
    const rules = shipped.apps.flatMap((app) => app.rules);
    expect(shipped.sharedInfrastructure.size).toBeGreaterThan(500);
    expect(rules.filter((rule) => isShared(rule, shipped.sharedInfrastructure))).toEqual([]);
    expect(new Set(rules.map(ruleKey)).size).toBe(rules.length);
  });

  it('has AI apps of general-purpose companies at hosts of their own only', () => {
    const general = ['google.com', 'microsoft.com', 'adobe.com', 'amazon.com', 'meta.com', 'facebook.com', 'apple.com'];
    const others = ['github.com', 'salesforce.com', 'office.com', 'bing.com', 'baidu.com', 'ibm.com', 'x.com'];
    const whole = ai.flatMap((app) => app.rules).filter(({ kind }) => kind === MatchRuleKind.DOMAIN);
    expect(whole.filter(({ value }) => [...general, ...others].includes(value))).toEqual([]);
  });

  it('tells the API hosts of providers', () => {
    const apis = ai.flatMap((app) => app.rules).filter(({ use }) => use === MatchRuleUse.API);
    const hosts = new Set(apis.map(({ value }) => value));
    for (const host of ['api.openai.com', 'api.anthropic.com', 'generativelanguage.googleapis.com', 'api.mistral.ai']) {
      expect(hosts.has(host)).toBe(true);
    }
    expect(hosts.size).toBeGreaterThan(150);
  });

  it('adds up: the explained contributions of 1,000 apps are their score', () => {
    const step = Math.floor(shipped.apps.length / 1_000);
    const apps = shipped.apps.filter((_, at) => at % step === 0).slice(0, 1_000);
    expect(apps.length).toBe(1_000);
    const off = apps.filter((app) => {
      const { score, factors: parts } = explain(factors, app.facts, app.generativeAi);
      const sum = parts.reduce((total, part) => total + part.contribution, 0);
      return Math.abs(sum - (score ?? 0)) >= 1e-9;
    });
    expect(off).toEqual([]);
  });

  it('gives no rule to two apps, and every rule reads as it is written', () => {
    expect(findConflicts(shipped.apps)).toEqual([]);
    const rules = shipped.apps.flatMap((app) => app.rules);
    expect(rules.map((rule) => readRule(writeRule(rule)))).toEqual(rules.map((rule) => ({ rule })));
  });

  it('names a source and a date for every value', () => {
    const wrong = shipped.apps
      .flatMap((app) => app.facts)
      .filter(({ factorId, value, source, observedOn }) => {
        const factor = factorById.get(factorId);
        return !factor || whyNotAValue(factor, value) !== undefined || source === '' || !isDate(observedOn);
      });
    expect(wrong).toEqual([]);
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
