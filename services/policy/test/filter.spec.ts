import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AiKind, AppCategory, Tag, type AppFilter } from '#contracts';
import { compileFilter, isEmptyFilter } from '../src/domain/filter.js';
import { appArb, appFacts, filterArb, filterOf, manualTagArb } from './samples.js';

describe('compileFilter', () => {
  const deepseek = appFacts();

  it('says which value of each filter matched, and the condition it met', () => {
    const filter = filterOf({
      categories: [AppCategory.GENERATIVE_AI, AppCategory.AI_MODEL_PROVIDER],
      minScore: 0,
      maxScore: 6,
      generativeAi: true,
      aiKinds: [AiKind.ASSISTANT],
      tags: [Tag.UNSPECIFIED, Tag.MONITORED],
    });
    expect(compileFilter(filter)(deepseek, Tag.UNSPECIFIED)).toEqual([
      'category = Generative AI (any of Generative AI, AI model provider)',
      'riskScore = 3.4 (0 to 6)',
      'generativeAi = yes',
      'aiKind = assistant (any of assistant)',
      'tag by hand = untagged (any of untagged, monitored)',
    ]);
  });

  it.each([
    [{ minScore: 3.4 }, ['riskScore = 3.4 (at least 3.4)']],
    [{ maxScore: 3.4 }, ['riskScore = 3.4 (at most 3.4)']],
    [{ minScore: 3.41 }, undefined],
    [{ maxScore: 3.39 }, undefined],
    [{ appIds: ['deepseek'] }, ['app = deepseek (any of deepseek)']],
    [{ appIds: ['chatgpt'] }, undefined],
    [{ excludedAppIds: ['chatgpt'] }, ['app = deepseek (none of chatgpt)']],
    [{ excludedAppIds: ['deepseek'] }, undefined],
    [{ excludedCategories: [AppCategory.GENERATIVE_AI] }, undefined],
    [{ excludedCategories: [AppCategory.CRM] }, ['category = Generative AI (none of CRM)']],
    [{ generativeAi: false }, undefined],
    [{ tags: [Tag.SANCTIONED] }, undefined],
    [{}, []],
  ])('%j', (init, expected) => {
    expect(compileFilter(filterOf(init))(deepseek, Tag.UNSPECIFIED)).toEqual(expected);
  });

  it('counts a long list instead of spelling it out', () => {
    const filter = filterOf({ excludedAppIds: ['1', '2', '3', '4', '5', '6'] });
    expect(compileFilter(filter)(deepseek, Tag.UNSPECIFIED)).toEqual(['app = deepseek (none of 6 listed)']);
  });

  it('matches an unscored app by score where the filter includes unscored ones', () => {
    const matched = compileFilter(filterOf({ maxScore: 6, includeUnscored: true }))(
      appFacts({ score: undefined }),
      Tag.UNSPECIFIED,
    );
    expect(matched).toEqual(['riskScore = unknown (at most 6, or unscored)']);
    expect(
      compileFilter(filterOf({ maxScore: 6, includeUnscored: true }))(appFacts({ score: 7 }), Tag.UNSPECIFIED),
    ).toBeUndefined();
  });

  it('never matches an unscored app by score otherwise, not even from 0 to 10', () => {
    const unscored = appFacts({ score: undefined });
    expect(compileFilter(filterOf({ minScore: 0 }))(unscored, Tag.UNSPECIFIED)).toBeUndefined();
    expect(compileFilter(filterOf({ maxScore: 10 }))(unscored, Tag.UNSPECIFIED)).toBeUndefined();
    expect(compileFilter(filterOf({ generativeAi: true }))(unscored, Tag.UNSPECIFIED)).toBeDefined();
  });

  it('holds where each of its parts holds alone, and tells the parts’ values', () => {
    fc.assert(
      fc.property(filterArb, appArb, manualTagArb, (filter, app, tag) => {
        const parts = separate(filter).map((part) => compileFilter(part)(app, tag));
        const whole = compileFilter(filter)(app, tag);
        if (parts.some((values) => values === undefined)) expect(whole).toBeUndefined();
        else expect(whole).toEqual(parts.flat());
      }),
    );
  });

  it('matches with several values in one filter where it matches with any of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }), appArb, (appIds, app) => {
        const any = appIds.some((id) => compileFilter(filterOf({ appIds: [id] }))(app, Tag.UNSPECIFIED));
        expect(compileFilter(filterOf({ appIds }))(app, Tag.UNSPECIFIED) !== undefined).toBe(any);
      }),
    );
  });

  it('matches everything exactly when it is empty', () => {
    fc.assert(
      fc.property(filterArb, appArb, manualTagArb, (filter, app, tag) => {
        if (isEmptyFilter(filter)) expect(compileFilter(filter)(app, tag)).toEqual([]);
      }),
    );
    expect(isEmptyFilter(filterOf({ generativeAi: false }))).toBe(false);
    expect(isEmptyFilter(filterOf({ minScore: 0 }))).toBe(false);
  });
});

/** One filter a condition, in the order in which values are told. */
function separate(filter: AppFilter): AppFilter[] {
  return [
    filterOf({ appIds: filter.appIds }),
    filterOf({ excludedAppIds: filter.excludedAppIds }),
    filterOf({ categories: filter.categories }),
    filterOf({ excludedCategories: filter.excludedCategories }),
    filterOf({ minScore: filter.minScore, maxScore: filter.maxScore }),
    filterOf({ generativeAi: filter.generativeAi }),
    filterOf({ aiKinds: filter.aiKinds }),
    filterOf({ tags: filter.tags }),
  ];
}
