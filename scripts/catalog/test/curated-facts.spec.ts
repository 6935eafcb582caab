import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AppRecord } from '../../../services/catalog/src/domain/app-record.js';
import { readCuratedFacts } from '../curated-facts.js';
import { checkTopAiApps, readTopAiApps, topAiFigures } from '../top-ai.js';

const line = (values: Record<string, string>, rest: object = {}) =>
  JSON.stringify({ app: 'chat', source: 'https://chat.example/', observedOn: '2025-06-01', values, ...rest });

describe('reading curated facts', () => {
  let folder: string;
  const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), lines.join('\n'));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gnomon-facts-'));
    mkdirSync(join(folder, 'ai-facts'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads every file of the folder in name order, a later line over an earlier one', () => {
    write('facts.jsonl', line({ soc2: 'false', mfa: 'true' }));
    write('ai-facts/b.jsonl', line({ gdpr: 'true' }, { source: 'https://b.example/' }), '');
    write('ai-facts/a.jsonl', line({ soc2: 'true', gdpr: 'false' }));
    write('ai-facts/notes.txt', 'no facts');
    expect(Object.fromEntries(readCuratedFacts(folder).get('chat') ?? [])).toEqual({
      soc2: ['true', 'https://chat.example/', '2025-06-01'],
      mfa: ['true', 'https://chat.example/', '2025-06-01'],
      gdpr: ['true', 'https://b.example/', '2025-06-01'],
    });
  });

  it('does without the folder', () => {
    rmSync(join(folder, 'ai-facts'), { recursive: true });
    write('facts.jsonl', line({ soc2: 'true' }));
    expect([...readCuratedFacts(folder).keys()]).toEqual(['chat']);
  });

  it('refuses what is no value, and names file, line and factor of all of it', () => {
    write('facts.jsonl', line({ soc2: 'true' }), line({ holding: 'secret', fame: 'big' }));
    write('ai-facts/coding.jsonl', '', line({ 'app-name': 'Chat', headquarters: 'Germany' }), '{');
    write(
      'ai-facts/voice.jsonl',
      line({ mfa: 'true' }, { source: 'somewhere' }),
      line({ mfa: 'true' }, { observedOn: '' }),
    );
    let message = '';
    try {
      readCuratedFacts(folder);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message.split('\n')).toEqual([
      'curated/facts.jsonl, line 2: chat: holding must be one of public, government, non-profit, private, not "secret"',
      'curated/facts.jsonl, line 2: chat: unknown factor "fame"',
      'curated/ai-facts/coding.jsonl, line 2: chat: app-name is a field of the app, not a fact',
      'curated/ai-facts/coding.jsonl, line 2: chat: headquarters must be a country code of two letters, not "Germany"',
      'curated/ai-facts/coding.jsonl, line 3: is not JSON',
      'curated/ai-facts/voice.jsonl, line 1: chat: source must be an https URL, not "somewhere"',
      'curated/ai-facts/voice.jsonl, line 2: chat: observedOn must be a date (YYYY-MM-DD), not ""',
    ]);
  });
});

describe('the list of the most used AI apps', () => {
  const app = (id: string, known: number) =>
    ({ id, facts: Array.from({ length: known }, () => ({})) }) as unknown as AppRecord;

  it('leaves comments and empty lines out, and is empty where there is no file', () => {
    const data = mkdtempSync(join(tmpdir(), 'gnomon-top-'));
    try {
      expect(readTopAiApps(data)).toEqual([]);
      mkdirSync(join(data, 'curated'));
      writeFileSync(join(data, 'curated', 'top-ai-apps.txt'), '# how chosen\n\nchat\n painter \n');
      expect(readTopAiApps(data)).toEqual(['chat', 'painter']);
    } finally {
      rmSync(data, { recursive: true });
    }
  });

  it('may name no app that there is not, and none twice', () => {
    expect(() => checkTopAiApps(['chat'], new Set(['chat']))).not.toThrow();
    expect(() => checkTopAiApps(['chat', 'gone', 'chat'], new Set(['chat']))).toThrow(
      /there is no app gone\n.*names chat twice/,
    );
  });

  it('counts what is known of its apps, a missing app as nothing', () => {
    const apps = [app('a', 24), app('b', 25), app('c', 40), app('other', 99)];
    expect(topAiFigures(apps, ['c', 'b', 'a', 'gone'])).toEqual({
      topAiApps: 4,
      topAiMedianKnownFactors: 24.5,
      topAiAtLeast25: 2,
      topAiFewest: { gone: 0, a: 24, b: 25, c: 40 },
    });
    expect(topAiFigures(apps, ['b', 'gone', 'c']).topAiMedianKnownFactors).toBe(25);
    expect(topAiFigures(apps, []).topAiMedianKnownFactors).toBe(0);
  });
});
