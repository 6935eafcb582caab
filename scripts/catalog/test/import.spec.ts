import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { catalog } from '../../cli/catalog.js';
import { parseCatalogFile } from '../../../services/catalog/src/domain/catalog-file.js';
import { compile } from '../compile.js';
import { readCatalog } from '../data.js';

/** Runs the command and answers what it printed. */
async function run(...args: string[]): Promise<string> {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    await catalog(args);
    return log.mock.calls.map(([line]) => String(line)).join('\n');
  } finally {
    log.mockRestore();
  }
}

describe('importing a list', () => {
  let data: string;
  let facts: string;
  let list: string;

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'gnomon-import-'));
    [data, facts, list] = [join(folder, 'data'), join(folder, 'facts'), join(folder, 'list.csv')];
    mkdirSync(join(data, 'curated'), { recursive: true });
    mkdirSync(facts);
    const curated = (name: string, text: string) => writeFileSync(join(data, 'curated', name), text);
    const crm = { id: 'crm', name: 'CRMbase', category: 'CRM', rules: ['crmbase.com'] };
    const mail = { id: 'mail', name: 'Mailbase', category: 'WEBMAIL', rules: ['mailbase.com'] };
    curated('ai-apps.jsonl', '');
    curated('cloud-apps.jsonl', [crm, mail].map((app) => JSON.stringify(app)).join('\n'));
    const fact = { app: 'crm', source: 'https://crmbase.com/', observedOn: '2025-06-01', values: { soc2: 'true' } };
    curated('facts.jsonl', JSON.stringify(fact));
    curated('left-out.txt', 'shared-cdn.com\tshared');
    const sources = ['2fa', 'lists'].map((key) => [key, { name: key, licence: 'MIT', observedOn: '2026-01-01' }]);
    curated('sources.json', JSON.stringify(Object.fromEntries(sources)));
    const listed = { domain: 'mailbase.com', name: 'Mailbase', facts: { mfa: 'none' }, sources: ['2fa'] };
    writeFileSync(join(facts, 'apps.jsonl.gz'), gzipSync(JSON.stringify(listed)));
    writeFileSync(join(facts, 'genai-apps.tsv'), 'header');
    compile(facts, data);
    writeFileSync(
      list,
      [
        'name,domains,category,soc2,mfa,aiKind',
        'CRMbase,crmbase.com crmbase-files.com shared-cdn.com,CRM,false,true,ASSISTANT',
        'Mailbase,mailbase.com,WEBMAIL,,true,',
        'Newcomer,newcomer-app.com crmbase.com,SALES,true,,',
        'Second,newcomer-app.com second-app.com,SALES,,,',
        'Lost,lost-app.com,,,,',
        'Big,google.com,PRODUCTIVITY,,,',
        'Big Notes,notes.google.com,PRODUCTIVITY,,,',
        ',anonymous-app.com,SALES,,,',
      ].join('\n'),
    );
  });
  afterEach(() => rmSync(join(data, '..'), { recursive: true }));

  const importing = (...more: string[]) =>
    run(
      ...['import', 'csv', list, '--data', data, '--map', 'fact.soc2=soc2,fact.mfa=mfa', '--date', '2026-02-03'],
      ...['--url', 'https://lists.example.com/apps', '--licence', 'CC0', ...more],
    );

  it('shows first what it would change, and writes nothing', async () => {
    const diff = JSON.parse(await importing('--dry-run', '--json')) as Record<string, unknown>;
    expect(diff).toMatchObject({
      rows: 7,
      newApps: [
        { id: 'big-notes', name: 'Big Notes', rules: ['notes.google.com'] },
        { id: 'newcomer', name: 'Newcomer', rules: ['newcomer-app.com'] },
        { id: 'second', name: 'Second', rules: ['second-app.com'] },
      ],
      newRules: [{ app: 'crm', rule: 'crmbase-files.com' }],
      newValues: [
        { app: 'crm', factor: 'mfa', value: 'true' },
        { app: 'newcomer', factor: 'soc2', value: 'true' },
      ],
      changedValues: [{ app: 'mail', factor: 'mfa', value: 'true', before: 'false', source: '2fa' }],
      keptValues: [{ app: 'crm', factor: 'soc2', value: 'false', before: 'true', source: 'https://crmbase.com/' }],
      saysAi: [{ app: 'crm', aiKind: 'ASSISTANT' }],
      withheld: [{ rule: 'shared-cdn.com', name: 'CRMbase', reason: 'is left out on purpose' }],
      nowhere: [
        { name: 'Big', reason: 'google.com is of a company of many products: name the host of one' },
        { name: 'Lost', reason: 'no app has its domains, and it has no category' },
      ],
      problems: [{ line: 9, reason: 'has no name' }],
      written: null,
    });
    expect(diff['conflicts']).toEqual([
      { rule: 'crmbase.com', owner: 'CRMbase', claimant: 'Newcomer' },
      { rule: 'newcomer-app.com', owner: 'Newcomer', claimant: 'Second' },
    ]);
    expect(() => readFileSync(join(data, 'imports', 'csv-list.jsonl'))).toThrow();
    expect(await importing('--dry-run')).toMatch(/New apps \(3\)[\s\S]*Conflicts[\s\S]*has no name[\s\S]*Nothing/);
  });

  it('is taken in by compile: curated values stay, public lists give way, the bytes repeat', async () => {
    await importing();
    const written = readFileSync(join(data, 'imports', 'csv-list.jsonl'), 'utf8');
    await importing();
    expect(readFileSync(join(data, 'imports', 'csv-list.jsonl'), 'utf8')).toBe(written);
    expect(compile(facts, data)).toMatchObject({ apps: 5, changed: true });
    expect(compile(facts, data)).toMatchObject({ changed: false });
    const apps = new Map(readCatalog(data).apps.map((app) => [app.id, app]));
    const fact = (id: string, factor: string) => apps.get(id)?.facts.find(({ factorId }) => factorId === factor);
    const source = 'https://lists.example.com/apps';
    expect(apps.get('crm')?.rules.map(({ value }) => value)).toEqual(['crmbase-files.com', 'crmbase.com']);
    expect(fact('crm', 'soc2')).toMatchObject({ value: 'true', source: 'https://crmbase.com/' });
    expect(fact('crm', 'mfa')).toEqual({ factorId: 'mfa', value: 'true', source, observedOn: '2026-02-03' });
    expect(fact('mail', 'mfa')).toMatchObject({ value: 'true', source });
    expect(apps.get('newcomer')?.rules.map(({ value }) => value)).toEqual(['newcomer-app.com']);
    const again = JSON.parse(await importing('--dry-run', '--json')) as { counts: object };
    expect(again.counts).toMatchObject({ newApps: 0, newRules: 0, newValues: 0, changedValues: 0, keptValues: 1 });
  });

  it('is taken in by merge as well, where there is nothing to compile from', async () => {
    const body = (path: string) => readFileSync(path, 'utf8').split('\n').slice(1).join('\n');
    await run('merge', '--data', data, '--out', join(data, '..', 'same.jsonl'));
    expect(body(join(data, '..', 'same.jsonl'))).toBe(body(join(data, 'apps.jsonl')));
    await importing();
    mkdirSync(join(data, 'measured'));
    const measured = {
      app: 'crm',
      source: 'https://crmbase.com/',
      observedOn: '2026-02-04',
      values: { soc2: 'false' },
    };
    const other = {
      app: 'mail',
      source: 'https://mailbase.com/',
      observedOn: '2026-02-04',
      values: { 'header-csp': 'true' },
    };
    writeFileSync(join(data, 'measured', 'a.jsonl'), [measured, other].map((line) => JSON.stringify(line)).join('\n'));
    const out = join(data, '..', 'merged.jsonl');
    await run('merge', '--data', data, '--out', out);
    const merged = parseCatalogFile(readFileSync(out, 'utf8'));
    expect([merged.version, merged.problems]).toEqual([`${readCatalog(data).version}.1`, []]);
    const apps = new Map(merged.apps.map((app) => [app.id, app]));
    const known = (id: string) =>
      Object.fromEntries(
        apps.get(id)?.facts.map(({ factorId, value, source }) => [factorId, `${value} ${source}`]) ?? [],
      );
    expect(known('crm')).toEqual({ mfa: 'true https://lists.example.com/apps', soc2: 'false https://crmbase.com/' });
    expect(known('mail')).toEqual({
      'header-csp': 'true https://mailbase.com/',
      'list-mentions': '1 lists',
      mfa: 'true https://lists.example.com/apps',
    });
    expect(apps.get('newcomer')?.rules.map(({ value }) => value)).toEqual(['newcomer-app.com']);
    const again = readFileSync(out, 'utf8');
    await run('merge', '--data', data, '--out', out);
    expect(readFileSync(out, 'utf8')).toBe(again);
    await expect(run('merge', '--data', data, '--out', out, '--set-version', '2020')).rejects.toThrow(
      /does not sort after/,
    );
  });

  it('lists its sources with their licences, and says what is wrong with a command line', async () => {
    const sources = JSON.parse(await run('sources', '--json')) as { id: string; licence: string }[];
    expect(sources.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['v2fly', '2fa-directory', 'models-dev', 'simple-icons', 'fedramp', 'hibp', 'ut1', 'csv']),
    );
    expect(sources.every(({ licence }) => licence !== '')).toBe(true);
    await expect(run('import', 'nothing', list)).rejects.toThrow(/no source "nothing"/);
    await expect(run('import', 'csv', list, '--data', data)).rejects.toThrow(/--url/);
    await expect(run('import', 'hibp', join(data, 'absent'))).rejects.toThrow(/no file/);
    await expect(run('import', 'hibp', list, '--date', 'today')).rejects.toThrow(/YYYY-MM-DD/);
    await expect(run('import', 'ut1', list, '--category', 'NICE')).rejects.toThrow(/"NICE" is no category/);
  });
});
