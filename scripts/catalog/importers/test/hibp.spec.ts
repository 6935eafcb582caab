import { describe, expect, it } from '@jest/globals';
import { hibp } from '../hibp.js';
import { readSample } from './sample.js';

describe('the breach export', () => {
  it('adds the breaches of a domain up', () => {
    const { rows, problems } = readSample(hibp, 'hibp.json');
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'Sample Forum',
        rules: [],
        about: ['sampleforum.com'],
        facts: { 'breached-accounts': '1234', 'latest-breach': '2020-07-09' },
      }),
    ]);
    expect(problems).toEqual([
      { line: 4, reason: 'Collected: names no domain' },
      { line: 6, reason: 'Undated: has no date (YYYY-MM-DD)' },
    ]);
  });
});
