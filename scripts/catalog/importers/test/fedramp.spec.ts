import { describe, expect, it } from '@jest/globals';
import { fedramp } from '../fedramp.js';
import { readSample } from './sample.js';

describe('the FedRAMP marketplace', () => {
  it('gives a site the best state of its offerings and claims nothing', () => {
    const { rows, problems } = readSample(fedramp, 'fedramp.json');
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'Sample Cloud',
        rules: [],
        about: ['samplecloud.com'],
        facts: { fedramp: 'authorized' },
      }),
    ]);
    expect(problems).toEqual([
      { line: 7, reason: 'Offline: has no website' },
      { line: 8, reason: '"Remediation" is no known status' },
    ]);
  });

  it('refuses another document', () => {
    expect(() => [...fedramp.read({ text: '{}', fileName: 'x', sibling: () => undefined })]).toThrow(/data\.Products/);
  });
});
