import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '../src/domain/cursor.js';

describe('cursor', () => {
  it('carries its keys there and back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }).filter((key) => !key.includes('\0'))), (keys) => {
        expect(decodeCursor(encodeCursor(keys), keys.length)).toEqual(keys);
      }),
    );
  });

  it('refuses everything else', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(decodeCursor(text, 3)).toBeUndefined()));
    expect(decodeCursor(encodeCursor(['a', 'b']), 1)).toBeUndefined();
    expect(decodeCursor(encodeCursor(['a\0']), 1)).toBeUndefined();
  });
});
