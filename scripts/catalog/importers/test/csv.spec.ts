import { describe, expect, it } from '@jest/globals';
import { csv } from '../csv.js';
import { readMapping } from '../mapped.js';
import { readSample } from './sample.js';

const mapping = readMapping('name=Product, domain=Website, category=Type, fact.soc2=SOC 2');

describe('generic CSV', () => {
  it('reads quotes, semicolons and line ends, and names the line of what is wrong', () => {
    const { rows, problems } = readSample(csv, 'table.csv', { mapping });
    expect(rows.map(({ name, rules, category, facts }) => [name, rules, category, facts])).toEqual([
      ['Sample; CRM', ['samplecrm.com'], 'CRM', { soc2: 'true' }],
      ['Two Lines', ['app.twolinessample.net', 'twolinessample.com'], 'SALES', {}],
    ]);
    expect(problems).toEqual([
      { line: 3, reason: 'Two Lines: soc2 must be true or false, not "maybe"' },
      { line: 5, reason: 'has no name' },
      { line: 6, reason: 'has 5 cells, more than the header' },
      { line: 7, reason: expect.stringContaining('"co.uk" is a public suffix') },
      { line: 8, reason: 'a quote is not closed' },
    ]);
  });

  it('says which column the mapping misses, and which field it does not know', () => {
    expect(() => readSample(csv, 'table.csv', { mapping: { name: 'Nom' } })).toThrow(/no column "Nom"/);
    expect(() => readMapping('title=Product')).toThrow(/not "title"/);
    expect(() => readMapping('name')).toThrow(/not FIELD=COLUMN/);
  });
});
