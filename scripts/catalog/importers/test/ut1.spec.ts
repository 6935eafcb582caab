import { describe, expect, it } from '@jest/globals';
import { ut1 } from '../ut1.js';
import { readSample } from './sample.js';

describe('UT1 lists', () => {
  it('make an app of each domain, for what the caller says', () => {
    const { rows, problems } = readSample(ut1, 'ut1/domains', { category: 'GENERATIVE_AI', aiKind: 'ASSISTANT' });
    expect(rows.map(({ name, rules, aiKind }) => [name, rules, aiKind])).toEqual([
      ['chatsample.com', ['chatsample.com'], 'ASSISTANT'],
      ['writer.sample-apps.com', ['writer.sample-apps.com'], 'ASSISTANT'],
    ]);
    expect(problems).toEqual([
      { line: 2, reason: expect.stringContaining('is an address') },
      { line: 4, reason: expect.stringContaining('is a single label') },
    ]);
  });
});
