import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AlertKind, Severity } from '#contracts';
import { foldDrafts, gapMs, type AlertDraft } from '../src/domain/alert-draft.js';
import { minutesAfterNoon } from './sightings.js';

const HOUR = 3_600_000;
const draftArb: fc.Arbitrary<AlertDraft> = fc
  .record({
    key: fc.constantFrom('a', 'b'),
    minute: fc.nat({ max: 600 }),
    length: fc.nat({ max: 30 }),
    n: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ key, minute, length, n }) => ({
    key,
    kind: AlertKind.BLOCKED_ATTEMPT,
    severity: Severity.LOW,
    title: '',
    description: '',
    entities: [],
    actor: '',
    firstAt: minutesAfterNoon(minute),
    lastAt: minutesAfterNoon(minute + length),
    occurrences: BigInt(n),
    policyId: '',
  }));
const sum = (drafts: readonly AlertDraft[]) => drafts.reduce((total, { occurrences }) => total + occurrences, 0n);

describe('foldDrafts', () => {
  it('loses no occurrence and no time', () => {
    fc.assert(
      fc.property(fc.array(draftArb, { minLength: 1 }), (drafts) => {
        const folded = foldDrafts(drafts, HOUR);
        expect(sum(folded)).toBe(sum(drafts));
        for (const draft of drafts) {
          const holder = folded.find(
            ({ key, firstAt, lastAt }) => key === draft.key && firstAt <= draft.firstAt && lastAt >= draft.lastAt,
          );
          expect(holder).toBeDefined();
        }
      }),
    );
  });

  it('makes one of what comes in order of time within the window, and only of that', () => {
    fc.assert(
      fc.property(fc.array(draftArb), (drafts) => {
        const inOrder = [...drafts].sort((a, b) => a.firstAt.getTime() - b.firstAt.getTime());
        const folded = foldDrafts(inOrder, HOUR);
        for (const a of folded)
          for (const b of folded) if (a !== b && a.key === b.key) expect(gapMs(a, b)).toBeGreaterThan(HOUR);
      }),
    );
  });
});
