import { describe, expect, it } from '@jest/globals';
import { v2fly } from '../v2fly.js';
import { readSample } from './sample.js';

describe('v2fly lists', () => {
  it('make an app of every included list, every commented group and every other line of a category', () => {
    const { rows, problems } = readSample(v2fly, 'v2fly/category-ai-sample');
    expect(rows.map(({ name, rules, aiKind }) => [name, rules, aiKind])).toEqual([
      ['Sample Painter', ['api.paintersample-cdn.com', 'paintersample.com'], 'ASSISTANT'],
      ['samplechat', ['files.samplechat-usercontent.com', 'samplechat.com'], 'ASSISTANT'],
      ['singlesample.ai', ['singlesample.ai'], 'ASSISTANT'],
    ]);
    expect(problems).toEqual([
      { line: 3, reason: expect.stringContaining('"not-there"') },
      { line: 13, reason: '"bogus" is no kind of entry' },
      { line: 11, reason: expect.stringContaining('"com" is a single label') },
      { line: 12, reason: expect.stringContaining('"intranet" is a single label') },
    ]);
  });

  it('make one app of the list of a service', () => {
    const { rows, problems } = readSample(v2fly, 'v2fly/samplechat', { name: 'Sample Chat', category: 'PRODUCTIVITY' });
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'Sample Chat',
        rules: ['files.samplechat-usercontent.com', 'samplechat.com'],
        category: 'PRODUCTIVITY',
        aiKind: '',
      }),
    ]);
    expect(problems).toEqual([]);
  });
});
