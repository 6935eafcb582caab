import { describe, expect, it } from '@jest/globals';
import { checkRows } from '../../import-rows.js';
import { twoFactorDirectory } from '../two-factor-directory.js';
import { readSample } from './sample.js';

describe('the directory of second factors', () => {
  it('says what each service offers, and at which domains it lives', () => {
    const { rows, problems } = readSample(twoFactorDirectory, 'two-factor-directory.json');
    expect(rows.map(({ name, rules, category, facts }) => [name, rules, category, facts])).toEqual([
      ['Plain Shop', ['plainshopsample.com'], 'E_COMMERCE', { mfa: 'false' }],
      [
        'Sample Bank',
        ['samplebank.co.uk', 'samplebank.com'],
        'ACCOUNTING_AND_FINANCE',
        { mfa: 'true', 'mfa-methods': 'sms,totp' },
      ],
    ]);
    expect(problems).toEqual([
      { line: 10, reason: 'has no name' },
      { line: 11, reason: expect.stringContaining('"co.uk" is a public suffix') },
    ]);
  });

  it('reads an entry of the repository too', () => {
    const text = '{ "Entry": { "domain": "entrysample.com", "tfa": ["custom-hardware"], "keywords": [] } }';
    const { rows } = checkRows(twoFactorDirectory.read({ text, fileName: 'e.json', sibling: () => undefined }));
    expect(rows).toEqual([
      expect.objectContaining({ name: 'Entry', facts: { mfa: 'true', 'mfa-methods': 'custom-hardware' } }),
    ]);
  });
});
