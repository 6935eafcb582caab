import { describe, expect, it } from '@jest/globals';
import { AppCategory, PolicyScope, Tag } from '#contracts';
import { validatePolicy } from '../src/domain/validation.js';
import { inputOf } from './samples.js';

describe('validatePolicy', () => {
  it('answers the policy in its plainest form', () => {
    const result = validatePolicy(
      inputOf({
        name: '  Block risky AI ',
        scope: PolicyScope.UNSPECIFIED,
        filter: {
          categories: [AppCategory.GENERATIVE_AI, AppCategory.GENERATIVE_AI],
          appIds: ['a', 'b', 'a'],
          maxScore: 6,
          includeUnscored: true,
        },
      }),
    );
    expect(result).toMatchObject({
      draft: {
        name: 'Block risky AI',
        scope: PolicyScope.DISCOVERED,
        filter: { categories: [AppCategory.GENERATIVE_AI], appIds: ['a', 'b'], maxScore: 6, includeUnscored: true },
      },
    });
  });

  it.each([
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(121) }],
    ['name', { name: 'a\0b' }],
    ['filter.appIds.0', { filter: { appIds: ['\ud800'] } }],
    ['description', { description: 'x'.repeat(2001) }],
    ['severity', { severity: 0 }],
    ['severity', { severity: 17 }],
    ['scope', { scope: 9 }],
    ['action', { action: 9 }],
    ['filter', { filter: undefined }],
    ['filter.minScore', { filter: { minScore: -0.1 } }],
    ['filter.maxScore', { filter: { maxScore: 10.1 } }],
    ['filter.maxScore', { filter: { maxScore: Number.NaN } }],
    ['filter.minScore', { filter: { minScore: 6, maxScore: 5 } }],
    ['filter.includeUnscored', { filter: { generativeAi: true, includeUnscored: true } }],
    ['filter.categories.1', { filter: { categories: [1, 400] } }],
    ['filter.excludedCategories.0', { filter: { excludedCategories: [0] } }],
    ['filter.tags.0', { filter: { tags: [7] } }],
    ['filter.aiKinds.0', { filter: { aiKinds: [99] } }],
    ['filter.appIds', { filter: { appIds: Array.from({ length: 1001 }, (_, i) => `app-${i}`) } }],
    ['filter.appIds.0', { filter: { appIds: [''] } }],
    ['filter.excludedAppIds.0', { filter: { excludedAppIds: ['x'.repeat(201)] } }],
    ['filter', { filter: {} }],
    ['filter', { filter: {}, action: Tag.UNSPECIFIED, scope: PolicyScope.CATALOG }],
  ])('names the field that is wrong: %s', (field, init) => {
    expect(validatePolicy(inputOf(init))).toMatchObject({ problem: { field } });
  });

  it('allows an empty filter only to watch what is discovered', () => {
    expect(validatePolicy(inputOf({ filter: {}, action: Tag.UNSPECIFIED }))).toHaveProperty('draft');
    expect(validatePolicy(inputOf({ filter: {}, action: Tag.SANCTIONED }))).toMatchObject({
      problem: { code: 'filter-empty' },
    });
  });
});
