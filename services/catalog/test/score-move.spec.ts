import { describe, expect, it } from '@jest/globals';
import { FactorGroup } from '#contracts';
import { AI_CAPABILITIES } from '../src/domain/feed-kinds.js';
import { factorById } from '../src/domain/factors/registry.js';
import { crossesWhole, MoveSummary } from '../src/domain/score-move.js';

describe('a summary of moves', () => {
  it('crosses where a whole number lies between, and 10 belongs to the last ten', () => {
    const moves: [number | undefined, number | undefined, boolean][] = [
      [5, 5.9, false],
      [4.99, 5, true],
      [9.2, 10, false],
      [undefined, 3, true],
      [undefined, undefined, false],
    ];
    for (const [before, after, crosses] of moves) expect(crossesWhole(before, after)).toBe(crosses);
  });

  it('keeps the biggest moves of many', () => {
    const summary = new MoveSummary(3);
    for (let at = 0; at < 1_000; at++) {
      summary.add({ appId: String(at), name: '', before: 0, after: ((at * 7) % 1_000) / 100 }, false);
    }
    expect(summary.largest().map(({ after }) => after)).toEqual([9.99, 9.98, 9.97]);
    expect(summary).toMatchObject({ apps: 1_000, moved: 999, up: 999 });
  });
});

describe('AI capabilities', () => {
  it('are factors that there are', () => {
    for (const id of AI_CAPABILITIES) expect(factorById.get(id)?.group).toBe(FactorGroup.AI);
  });
});
