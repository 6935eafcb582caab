import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FactorGroup } from '#contracts';
import type { Fact } from '../src/domain/app-record.js';
import type { FactorDefinition, Importance } from '../src/domain/factors/definition.js';
import { factors } from '../src/domain/factors/registry.js';
import { explain, GROUPS, type Weights } from '../src/domain/score.js';
import { Scorer } from '../src/domain/scorer.js';
import { readWeighting, weighable, weightingOf, writeWeighting } from '../src/domain/weighting.js';
import { shipped } from './shipped.js';

const importance = fc.constantFrom<Importance>(0, 1, 2, 4, 8);
const factorId = fc.constantFrom(...factors.map(({ id }) => id));
const handling = fc.constantFrom<FactorDefinition['notApplicable']>('zero', 'left-out');
const anyWeights: fc.Arbitrary<Weights> = fc.record({
  factors: fc.array(fc.tuple(factorId, importance), { maxLength: 60 }).map((rows) => new Map(rows)),
  groups: fc.array(fc.tuple(fc.constantFrom(...GROUPS), importance)).map((rows) => new Map(rows)),
  notApplicable: fc.array(fc.tuple(factorId, handling), { maxLength: 60 }).map((rows) => new Map(rows)),
});

/** A value of a factor that is scored, one that is not, or that it does not apply. */
const valueOf = ({ scale }: FactorDefinition): fc.Arbitrary<string> => {
  const points = scale.kind === 'values' || scale.kind === 'best' ? Object.keys(scale.points) : [];
  const number = fc.nat({ max: 3_000 }).map(String);
  const date = fc.integer({ min: 1990, max: 2026 }).map((year) => `${year}-03-01`);
  const known = scale.kind === 'number' ? number : scale.kind === 'age' ? date : fc.constantFrom('none', ...points);
  return fc.oneof({ weight: 3, arbitrary: known }, { weight: 1, arbitrary: fc.constantFrom('n/a', 'unheard-of') });
};
const anyFact: fc.Arbitrary<Fact> = fc
  .constantFrom(...factors)
  .chain((factor) =>
    valueOf(factor).map((value) => ({ factorId: factor.id, value, source: 's', observedOn: '2026-01-01' })),
  );
const generated = fc.record({ facts: fc.array(anyFact, { maxLength: 80 }), generativeAi: fc.boolean() });
const anApp = fc.oneof(generated, fc.constantFrom(...shipped.apps));

describe('scoring under weights', () => {
  it('explains a score by parts that add up to it, over generated and shipped apps', () => {
    fc.assert(
      fc.property(anApp, anyWeights, ({ facts, generativeAi }, weights) => {
        const { score, confidence, factors: parts } = explain(factors, facts, generativeAi, weights);
        const sum = parts.reduce((total, part) => total + part.contribution, 0);
        expect(Math.abs(sum - (score ?? 0))).toBeLessThan(1e-9);
        expect(score === undefined || (score >= 0 && score <= 10)).toBe(true);
        expect(confidence >= 0 && confidence <= 1 + 1e-9).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same numbers fast as it does when it explains them', () => {
    fc.assert(
      fc.property(fc.array(anApp, { minLength: 1, maxLength: 5 }), anyWeights, (apps, weights) => {
        const scorer = new Scorer(factors, weights);
        for (const { facts, generativeAi } of apps) {
          const { score, confidence } = explain(factors, facts, generativeAi, weights);
          expect(scorer.score(facts, generativeAi)).toEqual({ score, confidence });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('counts n/a as the tenant says', () => {
    const fact = (id: string, value: string): Fact => ({ factorId: id, value, source: 's', observedOn: '2026-01-01' });
    const facts = [fact('soc2', 'n/a'), fact('mfa', 'true')];
    const zero: Weights = { notApplicable: new Map([['soc2', 'zero']]) };
    expect([explain(factors, facts, false).score, explain(factors, facts, false, zero).score]).toEqual([10, 5]);
    expect(new Scorer(factors, zero).score(facts, false).score).toBe(5);
  });
});

describe('a weighting', () => {
  const mfa = weighable.find(({ id }) => id === 'mfa') as FactorDefinition;

  it('holds only what differs from the definitions, and survives being stored', () => {
    const read = readWeighting({
      groups: [
        { group: FactorGroup.LEGAL, importance: 8 },
        { group: FactorGroup.AI, importance: 2 },
      ],
      factors: [
        { factorId: 'mfa', importance: mfa.importance, notApplicableAsZero: true },
        { factorId: 'soc2', importance: 0 },
      ],
    });
    if ('problem' in read) throw new Error(read.problem.message);
    const stored = writeWeighting(read.weighting);
    expect(stored).toEqual({ groups: { 4: 8 }, factors: { soc2: 0 }, notApplicable: { mfa: 'zero' } });
    expect(weightingOf(stored)).toEqual(read.weighting);
    expect(weightingOf({ ...stored, factors: { gone: 8 } }).factors.size).toBe(0);
  });

  const wrong: [field: string, draft: Partial<Parameters<typeof readWeighting>[0]>][] = [
    ['groups.0.group', { groups: [{ group: 99 as FactorGroup, importance: 1 }] }],
    ['groups.0.importance', { groups: [{ group: FactorGroup.AI, importance: 3 }] }],
    [
      'groups.1.group',
      {
        groups: [
          { group: FactorGroup.AI, importance: 1 },
          { group: FactorGroup.AI, importance: 2 },
        ],
      },
    ],
    ['groups', { groups: GROUPS.map((group) => ({ group, importance: 0 })) }],
    ['factors.0.factorId', { factors: [{ factorId: 'charm', importance: 1 }] }],
    ['factors.0.factorId', { factors: [{ factorId: 'headquarters', importance: 1 }] }],
    ['factors.0.importance', { factors: [{ factorId: 'mfa', importance: 16 }] }],
    ['factors.1.factorId', { factors: [{ factorId: 'mfa', importance: 1 }, { factorId: 'mfa' }] }],
  ];
  it.each(wrong)('is refused at %s', (field, draft) => {
    expect(readWeighting({ groups: [], factors: [], ...draft })).toMatchObject({ problem: { field } });
  });
});
