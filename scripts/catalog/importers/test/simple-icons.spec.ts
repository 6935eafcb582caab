import { describe, expect, it } from '@jest/globals';
import { simpleIcons } from '../simple-icons.js';
import { readSample } from './sample.js';

describe('simple-icons', () => {
  it('takes the domain of a brand only from a page of its own', () => {
    const { rows, problems } = readSample(simpleIcons, 'simple-icons.json');
    expect(rows.map(({ name, rules }) => [name, rules])).toEqual([['Brandsample', ['brandsample.com']]]);
    expect(problems).toEqual([{ line: 4, reason: 'has no title' }]);
  });
});
