import { describe, expect, it } from '@jest/globals';
import { jsonl } from '../jsonl.js';
import { readMapping } from '../mapped.js';
import { readSample } from './sample.js';

describe('generic JSON lines', () => {
  it('follows dotted paths', () => {
    const mapping = readMapping('name=title,domain=site.urls,category=kind,fact.soc2=audits.soc2');
    const { rows, problems } = readSample(jsonl, 'list.jsonl', { mapping });
    expect(rows).toEqual([
      expect.objectContaining({
        name: 'Nested',
        rules: ['nestedsample.com', 'nestedsample.org'],
        category: 'PRODUCTIVITY',
        facts: { soc2: 'true' },
      }),
    ]);
    expect(problems).toEqual([
      { line: 2, reason: 'is not JSON' },
      { line: 3, reason: 'is no JSON object' },
      { line: 4, reason: expect.stringContaining('"intranet" is a single label') },
      { line: 5, reason: 'has no name' },
    ]);
  });
});
