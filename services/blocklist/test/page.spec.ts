import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeliveryState } from '#contracts';
import { deliveryStateOf } from '../src/domain/delivery-state.js';
import { cursorOf, readSlice, sliceOf, type Slice } from '../src/domain/page.js';
import { matchesEtag } from '../src/etag.js';

describe('pages of a list', () => {
  it('show every item once, in order, whatever their size', () => {
    const items = fc.uniqueArray(fc.string({ unit: 'binary-ascii', minLength: 1 }), { maxLength: 60 });
    fc.assert(
      fc.property(items, fc.integer({ min: 1, max: 100 }), (names, first) => {
        const list = names.filter((name) => !name.includes('\0')).sort((a, b) => (a < b ? -1 : 1));
        const seen: string[] = [];
        for (let after = ''; ;) {
          const page = sliceOf(list, readSlice({ first, after }) as Slice, (name) => name);
          seen.push(...page.items);
          expect(page.info.totalCount).toBe(list.length);
          if (!page.info.hasNextPage) break;
          after = page.info.cursors.at(-1)!;
        }
        expect(seen).toEqual(list);
      }),
    );
  });

  it('are refused where the request is wrong', () => {
    expect(readSlice({ first: 101, after: '' })).toEqual({ wrong: 'first' });
    for (const after of ['=', 'a b', '_w', 'A'.repeat(3_000), cursorOf('a\0b')]) {
      expect(readSlice({ first: 1, after })).toEqual({ wrong: 'after' });
    }
    expect(readSlice(undefined)).toEqual({ first: 50, after: undefined });
  });
});

describe('the state of a device', () => {
  it.each([
    [0n, 0n, 0n, 3n, DeliveryState.PUBLISHED],
    [2n, 2n, 0n, 3n, DeliveryState.PUBLISHED],
    [3n, 2n, 0n, 3n, DeliveryState.DELIVERED],
    [3n, 3n, 0n, 3n, DeliveryState.APPLIED],
    [3n, 2n, 3n, 3n, DeliveryState.FAILED],
    [3n, 2n, 2n, 3n, DeliveryState.DELIVERED],
    [0n, 0n, 0n, 0n, DeliveryState.PUBLISHED],
  ])(
    'delivered %s, applied %s, failed %s of %s',
    (deliveredRevision, appliedRevision, failedRevision, current, state) => {
      expect(deliveryStateOf({ deliveredRevision, appliedRevision, failedRevision }, current)).toBe(state);
    },
  );
});

describe('If-None-Match', () => {
  it.each([
    [undefined, false],
    ['"1-a"', true],
    ['W/"1-a"', true],
    ['"0", W/"1-a" , "2"', true],
    ['*', true],
    ['"1-ab"', false],
    ['1-a', false],
    ['', false],
  ])('%s', (header, matches) => {
    expect(matchesEtag(header, '"1-a"')).toBe(matches);
  });
});
