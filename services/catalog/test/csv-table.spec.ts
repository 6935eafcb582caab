import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readCsv } from '../src/csv-table.js';

const read = (text: string) => readCsv(text).lines.map(({ line, cells }) => [line, ...cells]);

describe('a CSV table', () => {
  it('is read with quotes, empty lines and any line end, and knows where each line begins', () => {
    expect(read('\ufeffname,notes\r\na,"x\r\ny, ""z"""\r\n\r\nb,\nc\n')).toEqual([
      [1, 'name', 'notes'],
      [2, 'a', 'x\ny, "z"'],
      [5, 'b', ''],
      [6, 'c'],
    ]);
    expect(read('name;notes\na;x, y')).toEqual([
      [1, 'name', 'notes'],
      [2, 'a', 'x, y'],
    ]);
    expect(read('')).toEqual([]);
  });

  it('loses nothing around a stray quote, and says from where on it was not read', () => {
    expect(read('a,b\n1,5" disk\n2,"q" x\n3,z')).toEqual([
      [1, 'a', 'b'],
      [2, '1', '5" disk'],
      [3, '2', '"q" x'],
      [4, '3', 'z'],
    ]);
    const { lines, problems } = readCsv('a,b\n1,x\n2,"never closed\n3,z\n');
    expect(lines.map(({ line }) => line)).toEqual([1, 2]);
    expect(problems).toEqual([{ line: 3, column: '', reason: expect.stringContaining('never closed') }]);
  });

  it('has bounds', () => {
    const invalid = { code: 'catalog.csv-invalid', details: { field: 'csv' } };
    const failing = (text: string): unknown => {
      try {
        return readCsv(text);
      } catch (error) {
        return error;
      }
    };
    expect(failing('x'.repeat(1_000_001))).toMatchObject(invalid);
    expect(failing('a,b\n'.repeat(2_002))).toMatchObject(invalid);
    expect(readCsv('a,b\n'.repeat(2_001)).lines).toHaveLength(2_001);
  });

  it('reads what was written, whatever it is', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', ';', '\n', 'ü', '\t'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), (rows) => {
        const quoted = rows.map((cells) => cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(','));
        const { lines, problems } = readCsv(['h,i', ...quoted].join('\n'));
        expect(problems).toEqual([]);
        expect(lines.slice(1).map(({ cells }) => cells)).toEqual(rows);
      }),
      { numRuns: 500 },
    );
  });
});
