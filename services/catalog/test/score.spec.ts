import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FactorGroup } from '#contracts';
import type { Fact } from '../src/domain/app-record.js';
import type { FactorDefinition, Importance } from '../src/domain/factors/definition.js';
import { pointsOf } from '../src/domain/factors/points.js';
import { factorById, factors } from '../src/domain/factors/registry.js';
import { explain, GROUPS } from '../src/domain/score.js';
import { shipped } from './shipped.js';

const fact = (factorId: string, value: string): Fact => ({
  factorId,
  value,
  source: 'a list',
  observedOn: '2026-01-01',
});
const importance = fc.constantFrom<Importance>(0, 1, 2, 4, 8);
const weights = fc.record({
  factors: fc.array(fc.tuple(fc.constantFrom(...factors.map(({ id }) => id)), importance)).map((rows) => new Map(rows)),
  groups: fc.array(fc.tuple(fc.constantFrom(...GROUPS), importance)).map((rows) => new Map(rows)),
});

describe('explain', () => {
  it('is the weighted mean of group means, as one would work it out by hand', () => {
    // Security: mfa 10 × 8, api-https 0 × 2 → 8. Legal: account-deletion medium 6 × 2 → 6. Both groups weigh the same.
    const facts = [fact('mfa', 'true'), fact('api-https', 'false'), fact('account-deletion', 'medium')];
    const { score, groups, factors: parts } = explain(factors, facts, true);
    expect(score).toBeCloseTo(7, 12);
    expect(groups.find(({ group }) => group === FactorGroup.SECURITY)?.score).toBeCloseTo(8, 12);
    expect(parts.find(({ factor }) => factor.id === 'mfa')?.contribution).toBeCloseTo(4, 12);
    expect(parts.find(({ factor }) => factor.id === 'account-deletion')?.contribution).toBeCloseTo(3, 12);
  });

  it('is unscored, never 0, when nothing that counts is known', () => {
    expect(explain(factors, [], true)).toMatchObject({ score: undefined, confidence: 0 });
    expect(explain(factors, [fact('headquarters', 'CH')], true).score).toBeUndefined();
    expect(explain(factors, [fact('mfa', 'false')], false).score).toBe(0);
  });

  it('is unscored when only a supporting factor is known, which counts beside others', () => {
    const popular = fact('list-mentions', '1');
    const alone = explain(factors, [popular], true);
    expect(alone).toMatchObject({ score: undefined, confidence: 0 });
    expect(alone.groups.every(({ score }) => score === undefined)).toBe(true);
    expect(alone.factors.every(({ contribution }) => contribution === 0)).toBe(true);
    expect(explain(factors, [popular, fact('mfa', 'true')], true).score).toBe(6);
    const withoutSecurity = { groups: new Map([[FactorGroup.SECURITY, 0 as const]]) };
    expect(explain(factors, [popular, fact('mfa', 'true')], true, withoutSecurity).score).toBeUndefined();
  });

  it('leaves the AI group out for an app without generative AI', () => {
    const facts = [fact('mfa', 'true'), fact('trains-by-default', 'true')];
    expect(explain(factors, facts, false).score).toBe(10);
    expect(explain(factors, facts, true).score).toBe(5);
  });

  it('leaves out what does not apply, or counts it as 0, as the factor says', () => {
    const zero = { ...(factorById.get('soc2') as FactorDefinition), notApplicable: 'zero' as const };
    const facts = [fact('soc2', 'n/a'), fact('mfa', 'true')];
    expect(explain(factors, facts, false).score).toBe(10);
    const changed = factors.map((factor) => (factor.id === 'soc2' ? zero : factor));
    expect(explain(changed, facts, false).score).toBe(5);
  });

  it('has contributions that add up to the score, whatever is known and however it is weighed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shipped.apps), weights, fc.infiniteStream(fc.boolean()), (app, weighing, coin) => {
        const facts = app.facts
          .filter(() => coin.next().value)
          .map((each) => (coin.next().value ? each : { ...each, value: 'n/a' }));
        const defined = factors.map((factor) => ({
          ...factor,
          notApplicable: coin.next().value ? ('zero' as const) : ('left-out' as const),
        }));
        const { score, confidence, factors: parts } = explain(defined, facts, app.generativeAi, weighing);
        const sum = parts.reduce((total, part) => total + part.contribution, 0);
        expect(Math.abs(sum - (score ?? 0))).toBeLessThan(1e-9);
        expect(score === undefined || (score >= 0 && score <= 10)).toBe(true);
        expect(confidence >= 0 && confidence <= 1 + 1e-9).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('does not fall when a known value gets better', () => {
    const bools = factors.filter(({ type, scale }) => type === 'bool' && scale.kind === 'values');
    fc.assert(
      fc.property(fc.constantFrom(...shipped.apps), fc.constantFrom(...bools), (app, factor) => {
        const others = app.facts.filter(({ factorId }) => factorId !== factor.id);
        const score = (value: string) => explain(factors, [...others, fact(factor.id, value)], true).score ?? -1;
        const [yes, no] = ['true', 'false'].map((value) => pointsOf(factor, value, '2026-01-01') ?? -1) as [
          number,
          number,
        ];
        if (yes >= 0 && no >= 0)
          expect(score(yes > no ? 'true' : 'false')).toBeGreaterThanOrEqual(score(yes > no ? 'false' : 'true'));
      }),
    );
  });
});

describe('factor definitions', () => {
  it('are distinct, described, and worth 0 to 10', () => {
    expect(new Set(factors.map(({ id }) => id)).size).toBe(factors.length);
    expect(factors.length).toBeGreaterThanOrEqual(60);
    for (const { id, name, description, scale } of factors) {
      expect(id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(`${name} ${description}`.length).toBeGreaterThan(15);
      const points =
        'points' in scale ? Object.values(scale.points) : 'knots' in scale ? scale.knots.map(([, y]) => y) : [];
      for (const value of scale.kind === 'present' ? [scale.points] : (points as number[])) {
        expect(value >= 0 && value <= 10).toBe(true);
      }
    }
  });

  it('read curves straight between their knots and ages up to the day of observation', () => {
    const days = factorById.get('prompt-retention-days') as FactorDefinition;
    expect(pointsOf(days, '15', '2026-01-01')).toBeCloseTo(9, 9);
    expect(pointsOf(days, '99999', '2026-01-01')).toBe(0);
    const breach = factorById.get('latest-breach') as FactorDefinition;
    expect(pointsOf(breach, '2026-01-01', '2026-01-01')).toBe(0);
    expect(pointsOf(breach, '1990-01-01', '2026-01-01')).toBe(8);
    const methods = factorById.get('mfa-methods') as FactorDefinition;
    expect(pointsOf(methods, 'sms,totp', '2026-01-01')).toBe(8);
  });
});
