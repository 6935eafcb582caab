import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AiKind, AppCategory } from '#contracts';
import { compile } from '../compile.js';
import { countryOf } from '../countries.js';
import { kindOf } from '../ai-kinds.js';
import { readCatalog } from '../data.js';
import { matchHosts } from '../match.js';
import { stats } from '../stats.js';

const sources = ['2fa', 'probo', 'yc', 'hibp', 'lists', 'diodb', 'kagi', 'jdm'];
const listed = [
  {
    domain: 'crmbase.com',
    name: 'CRMbase',
    facts: {
      mfa: ['totp', 'sms'],
      breach: '2020-01-02',
      breach_count: 5000,
      certs: ['SOC 2 Type II', 'ISO 27001 (in progress)'],
    },
    sources: ['2fa', 'hibp'],
  },
  { domain: 'crmbasecdn.com', name: 'crmbase', facts: {}, sources: ['v2fly-services'] },
  { domain: 'painter.ai', name: 'Painter', facts: { hq: 'Paris, France; Remote', team: 4 }, sources: ['yc'] },
  {
    domain: 'shop.com',
    name: 'Shop (partial)',
    facts: { mfa: 'none', mfa_cats: ['retail'] },
    sources: ['2fa', 'a', 'b', 'c'],
  },
];
const ai = [
  ['chat.com', 'chatty', 'Chat', 'chat.com', 'assistant', 'a b c', 'A', ''],
  ['chatcdn.com', 'chatco', '', 'chatcdn.com', 'ai', 'v2fly', 'A', ''],
  ['painter.ai', 'Painter', '', 'painter.ai', 'Image Generation', 'a b', 'B', ''],
  ['big.com', 'Big', '', 'ai.big.com', 'ai', 'a b c', 'A', 'Y'],
  ['course.com', 'Course', '', 'course.com', 'Courses', 'a b c', 'A', ''],
  ['rare.ai', 'Rare', '', 'rare.ai', 'Video', 'a', 'C', ''],
];

describe('compiling the catalog', () => {
  let folder: string;
  let data: string;
  let facts: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gnomon-catalog-'));
    [data, facts] = [join(folder, 'data'), join(folder, 'facts')];
    mkdirSync(join(data, 'curated'), { recursive: true });
    mkdirSync(facts);
    const curated = (name: string, ...lines: unknown[]) =>
      writeFileSync(
        join(data, 'curated', name),
        lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
      );
    curated('ai-apps.jsonl', {
      id: 'chat',
      name: 'Chat',
      category: 'GENERATIVE_AI',
      aiKind: 'ASSISTANT',
      rules: ['chat.com', 'ai.big.com', 'process:chat'],
      aliases: ['chatco'],
    });
    curated('cloud-apps.jsonl', { id: 'crm', name: 'CRMbase', category: 'CRM', rules: ['crmbase.com', 'github.io'] });
    curated('facts.jsonl', {
      app: 'chat',
      source: 'https://chat.com/',
      observedOn: '2025-06-01',
      values: { soc2: 'true' },
    });
    curated('left-out.txt', '# reasons', 'course.com\tcourse');
    curated(
      'sources.json',
      Object.fromEntries(sources.map((key) => [key, { name: key, licence: 'MIT', observedOn: '2026-01-01' }])),
    );
    writeFileSync(join(facts, 'apps.jsonl.gz'), gzipSync(listed.map((row) => JSON.stringify(row)).join('\n')));
    writeFileSync(join(facts, 'genai-apps.tsv'), ['header', ...ai.map((row) => row.join('\t'))].join('\n'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('joins what is curated with what the lists say, and gives the same bytes again', () => {
    const first = compile(facts, data);
    expect(first).toMatchObject({ apps: 5, version: '2026-01-01.001', changed: true });
    expect(first.warnings).toEqual([expect.stringContaining('github.io')]);
    const text = readFileSync(join(data, 'apps.jsonl'), 'utf8');
    expect(compile(facts, data)).toMatchObject({ version: '2026-01-01.001', changed: false });
    expect(readFileSync(join(data, 'apps.jsonl'), 'utf8')).toBe(text);

    const apps = new Map(readCatalog(data).apps.map((app) => [app.id, app]));
    const known = (id: string) =>
      Object.fromEntries(apps.get(id)?.facts.map((fact) => [fact.factorId, fact.value]) ?? []);
    expect([...apps.keys()]).toEqual(['chat', 'crm', 'painter', 'rare', 'shop']);
    expect(apps.get('chat')?.rules.map(({ value }) => value)).toEqual([
      'chat.com',
      'chatcdn.com',
      'ai.big.com',
      'chat',
    ]);
    expect(known('chat')).toEqual({ soc2: 'true', 'list-mentions': '4' });
    expect(known('crm')).toMatchObject({
      mfa: 'true',
      'mfa-methods': 'sms,totp',
      soc2: 'true',
      'latest-breach': '2020-01-02',
    });
    expect(known('crm')).not.toHaveProperty('iso27001');
    expect(apps.get('painter')).toMatchObject({ aiKind: AiKind.IMAGE, category: AppCategory.GENERATIVE_AI });
    expect(known('painter')).toMatchObject({ headquarters: 'FR', 'team-size': '4' });
    expect(apps.get('shop')).toMatchObject({ name: 'Shop', category: AppCategory.E_COMMERCE });
    expect(known('shop')).toMatchObject({ mfa: 'false' });
  });

  it('counts the version up when an app changed', () => {
    compile(facts, data);
    writeFileSync(join(data, 'curated', 'facts.jsonl'), '');
    expect(compile(facts, data)).toMatchObject({ version: '2026-01-01.002', changed: true });
  });

  it('counts and asks what it made', () => {
    compile(facts, data);
    const file = readCatalog(data);
    expect(stats(file)).toMatchObject({
      apps: 5,
      genAiApps: 3,
      withRules: 5,
      byAiKind: { ASSISTANT: 1, IMAGE: 1, VIDEO: 1 },
    });
    const match = matchHosts(file);
    expect(match('www.crmbasecdn.com')).toMatchObject({ app: 'crm', rule: 'crmbasecdn.com', aiKind: null });
    expect(match('AI.big.com')).toMatchObject({ app: 'chat', aiKind: 'ASSISTANT' });
    expect(match('big.com')).toEqual({ host: 'big.com', app: null });
  });

  it('adds curated rules, and lets no app claim what many share', () => {
    writeFileSync(join(data, 'curated', 'shared-infrastructure.txt'), '# why\ncrmbasecdn.com\tdelivery network\n');
    writeFileSync(join(data, 'curated', 'not-ai.txt'), 'rare.ai\tnot generative\n');
    const rules = { app: 'chat', rules: ['api:api.chat.com', 'bundle:com.chat', 'crmbasecdn.com', 'a.crmbasecdn.com'] };
    writeFileSync(join(data, 'curated', 'rules.jsonl'), `${JSON.stringify(rules)}\n{"app":"gone","rules":[]}\n`);
    const { warnings, apps } = compile(facts, data);
    expect(apps).toBe(4);
    expect(warnings).toContain('chat: crmbasecdn.com is shared infrastructure');
    expect(warnings).toContain('rules of unknown app gone');
    const file = readCatalog(data);
    expect([...file.sharedInfrastructure]).toEqual(['crmbasecdn.com']);
    const match = matchHosts(file);
    expect(match('api.chat.com')).toMatchObject({ app: 'chat', rule: 'api:api.chat.com' });
    expect(match('a.crmbasecdn.com')).toMatchObject({ app: 'chat' });
    expect(match('crmbasecdn.com').app).toBeNull();
  });

  it('does not depend on the order of the lists', () => {
    compile(facts, data);
    const text = readFileSync(join(data, 'apps.jsonl'), 'utf8');
    const rows = [...listed].reverse().map((row) => JSON.stringify(row));
    writeFileSync(join(facts, 'apps.jsonl.gz'), gzipSync(rows.join('\n')));
    compile(facts, data);
    expect(readFileSync(join(data, 'apps.jsonl'), 'utf8')).toBe(text);
  });

  it('refuses a curated value that is none', () => {
    const line = { app: 'chat', source: 'https://chat.com/', observedOn: '2025-06-01', values: { soc2: 'maybe' } };
    writeFileSync(join(data, 'curated', 'facts.jsonl'), JSON.stringify(line));
    expect(() => compile(facts, data)).toThrow(/line 2: chat: soc2 must be true or false/);
  });
});

describe('reading the lists', () => {
  it('takes the country from the end of an address', () => {
    expect(countryOf('San Francisco, CA, USA; Remote')).toBe('US');
    expect(countryOf('4711 Yonge Street, Toronto, Ontario, M2N 6K8, Canada')).toBe('CA');
    expect(['Deutschland', 'Germany', 'France', 'UK', 'United States'].map(countryOf)).toEqual([
      'DE',
      'DE',
      'FR',
      'GB',
      'US',
    ]);
    expect(countryOf('Remote')).toBeUndefined();
  });

  it('takes the kind that most hints name', () => {
    expect(kindOf(['llm-provider', 'Models', 'Chatbots'])).toBe('MODEL_PROVIDER_API');
    expect(kindOf(['翻译'])).toBe('TRANSLATION');
    expect(kindOf(['Meeting assistants', 'Productivity'])).toBe('MEETING_NOTES');
    expect(kindOf(['B2B -> Sales'])).toBe('EMBEDDED_FEATURE');
    expect(kindOf(['Healthcare'])).toBe('EMBEDDED_FEATURE');
    expect(kindOf(['ai'])).toBe('ASSISTANT');
  });
});
