import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseCatalogFile } from '../src/domain/catalog-file.js';

const header = {
  format: 1,
  version: '2026-01-01.001',
  sources: { '2fa': { name: 'a list', observedOn: '2026-01-01' } },
};
const good = { id: 'good', name: 'Good', category: 'CRM', rules: ['good.com'] };
const file = (...lines: unknown[]) =>
  [header, ...lines].map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');

describe('a catalog file', () => {
  it('is read app by app, with the name and date of the source of each fact', () => {
    const facts = { mfa: ['true', '2fa'], soc2: ['true', 'https://trust.good.com/', '2025-06-01'] };
    const { version, apps, problems } = parseCatalogFile(file({ ...good, facts }, ''));
    expect(problems).toEqual([]);
    expect(version).toBe('2026-01-01.001');
    expect(apps[0]?.facts).toEqual([
      { factorId: 'mfa', value: 'true', source: 'a list', observedOn: '2026-01-01' },
      { factorId: 'soc2', value: 'true', source: 'https://trust.good.com/', observedOn: '2025-06-01' },
    ]);
  });

  const wrong: [code: string, line: unknown, says: RegExp][] = [
    ['not-json', '{"id":', /not JSON/],
    ['not-json', '[1]', /no JSON object/],
    ['bad-field', { ...good, name: ' ' }, /name is missing/],
    ['bad-field', { ...good, vendor: 7 }, /vendor/],
    ['bad-id', { ...good, id: 'Not A Slug' }, /Not A Slug/],
    ['bad-id', { ...good, id: 'custom-app' }, /custom-app/],
    ['unknown-category', { ...good, category: 'GAMES' }, /GAMES/],
    ['unknown-category', { ...good, category: 'UNSPECIFIED' }, /UNSPECIFIED/],
    ['unknown-ai-kind', { ...good, aiKind: 'ORACLE' }, /ORACLE/],
    ['bad-rule', { ...good, rules: [] }, /list of rules/],
    ['bad-rule', { ...good, rules: ['co.uk'] }, /public suffix/],
    ['unknown-factor', { ...good, facts: { charm: ['true', '2fa'] } }, /charm/],
    ['bad-value', { ...good, facts: { mfa: ['maybe', '2fa'] } }, /true or false/],
    ['bad-value', { ...good, facts: { founded: ['20021', '2fa'] } }, /year/],
    ['bad-value', { ...good, facts: { 'latest-breach': ['2021-02-30', '2fa'] } }, /date/],
    ['bad-value', { ...good, facts: ['mfa'] }, /facts/],
    ['unknown-source', { ...good, facts: { mfa: ['true', 'hearsay'] } }, /hearsay/],
    ['unknown-source', { ...good, facts: { mfa: ['true'] } }, /no source/],
    ['bad-date', { ...good, facts: { mfa: ['true', 'https://good.com', 'today'] } }, /no date/],
  ];
  it.each(wrong)('says %s with the line, and keeps the rest', (code, line, says) => {
    const { apps, problems } = parseCatalogFile(file(line, { ...good, id: 'other', rules: ['other.com'] }));
    expect(apps.map((app) => app.id)).toEqual(['other']);
    expect(problems).toEqual([{ line: 2, code, message: expect.stringMatching(says) as unknown as string }]);
    expect(problems[0]?.message).toMatch(/^line 2: /);
  });

  it('refuses a rule on a name that its header calls shared, but not a host below it or a path on it', () => {
    const sharing = JSON.stringify({ ...header, sharedInfrastructure: ['cdn.com', 'sso.cdn.com'] });
    const app = (id: string, ...rules: string[]) => JSON.stringify({ ...good, id, rules });
    const lines = [app('a', 'cdn.com'), app('b', '*.cdn.com'), app('c', 'sso.cdn.com'), app('d', 'my.cdn.com')];
    const { apps, problems } = parseCatalogFile([sharing, ...lines, app('e', 'cdn.com/my')].join('\n'));
    expect(apps.map(({ id }) => id)).toEqual(['d', 'e']);
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [2, 'shared-infrastructure'],
      [3, 'shared-infrastructure'],
      [4, 'shared-infrastructure'],
    ]);
  });

  it('refuses an id and a rule that an earlier line has', () => {
    const { apps, problems } = parseCatalogFile(file(good, { ...good, rules: ['b.com'] }, { ...good, id: 'c' }));
    expect(apps).toHaveLength(1);
    expect(problems.map(({ line, code }) => [line, code])).toEqual([
      [3, 'duplicate-id'],
      [4, 'duplicate-rule'],
    ]);
    expect(problems[1]?.message).toContain('good on line 2');
  });

  it('reads nothing without a header', () => {
    for (const text of [
      '',
      'x',
      '{}',
      '{"format":2}',
      '{"format":1,"version":"1"}',
      '{"format":1,"version":"1","sources":{"a":1}}',
    ])
      expect(parseCatalogFile(text)).toMatchObject({ apps: [], problems: [{ line: 1, code: 'bad-header' }] });
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json())), (lines) => void parseCatalogFile(file(...lines))),
    );
  });
});
