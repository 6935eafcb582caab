import { describe, expect, it } from '@jest/globals';
import { Refusals } from '../src/refusals.js';

describe('Refusals', () => {
  it('remembers for a while', () => {
    const refusals = new Refusals({ maxEntries: 10, ttlMs: 100 });
    refusals.add('a', 0);
    expect(refusals.has('a', 99)).toBe(true);
    expect(refusals.has('a', 100)).toBe(false);
    expect(refusals.size).toBe(0);
  });

  it('forgets the oldest when full', () => {
    const refusals = new Refusals({ maxEntries: 2, ttlMs: 100 });
    refusals.add('a', 0);
    refusals.add('b', 1);
    refusals.add('a', 2);
    refusals.add('c', 3);
    expect(refusals.size).toBe(2);
    expect([refusals.has('a', 4), refusals.has('b', 4), refusals.has('c', 4)]).toEqual([true, false, true]);
  });
});
