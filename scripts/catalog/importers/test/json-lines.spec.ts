import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonWithLines } from '../json-lines.js';

describe('JSON that knows its lines', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.parse(JSON.stringify(parseJsonWithLines(text).value))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('says where an object begins, and where the text breaks off', () => {
    const { value, lineOf } = parseJsonWithLines('[\n  { "a": "x\\ny" },\n\n  { "a": [\n 1 ] }\n]');
    expect((value as object[]).map(lineOf)).toEqual([2, 4]);
    for (const [text, line] of [
      ['[\n1,\n', 3],
      ['{"a":1}\n]', 2],
      ['\n{"a" 1}', 2],
      ['[1 2]', 1],
      ['', 1],
    ] as const) {
      expect(() => parseJsonWithLines(text)).toThrow(`line ${line}: `);
    }
    expect(() => parseJsonWithLines('['.repeat(100_000))).toThrow(/nested more than/);
  });
});
