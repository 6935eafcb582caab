import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MatchRuleKind, MatchRuleUse } from '#contracts';
import { findConflicts } from '../src/domain/rule-conflicts.js';
import { readRule, writeRule } from '../src/domain/rule-normalise.js';

const rule = (text: string) => {
  const read = readRule(text);
  return 'rule' in read ? [read.rule.kind, read.rule.value, read.rule.path] : read.refused;
};

describe('rules', () => {
  it('are folded to lower-case ASCII', () => {
    expect(rule('ChatGPT.com.')).toEqual([MatchRuleKind.DOMAIN, 'chatgpt.com', '']);
    expect(rule('Bücher.example.com')).toEqual([MatchRuleKind.HOST, 'xn--bcher-kva.example.com', '']);
    expect(rule('bücher.de')).toEqual([MatchRuleKind.DOMAIN, 'xn--bcher-kva.de', '']);
    expect(rule('*.OpenAI.azure.com')).toEqual([MatchRuleKind.SUFFIX, 'openai.azure.com', '']);
    expect(rule('=example.com')).toEqual([MatchRuleKind.HOST, 'example.com', '']);
    expect(rule('www.bing.com/Chat')).toEqual([MatchRuleKind.PATH, 'www.bing.com', '/Chat']);
    expect(rule('process:LM Studio.exe')).toEqual([MatchRuleKind.PROCESS, 'lm studio', '']);
    expect(rule('bundle:com.OpenAI.chat')).toEqual([MatchRuleKind.BUNDLE_ID, 'com.openai.chat', '']);
    expect(rule('my-app.vercel.app')).toEqual([MatchRuleKind.DOMAIN, 'my-app.vercel.app', '']);
  });

  it('say which hosts programs call, and conflict all the same', () => {
    const api = { kind: MatchRuleKind.HOST, value: 'api.openai.com', path: '', use: MatchRuleUse.API };
    expect(readRule('api:API.openai.com')).toEqual({ rule: api });
    expect(readRule('api:*.api.example.com')).toMatchObject({
      rule: { kind: MatchRuleKind.SUFFIX, use: MatchRuleUse.API },
    });
    expect(readRule('api:generativelanguage.googleapis.com')).toMatchObject({
      rule: { kind: MatchRuleKind.DOMAIN, use: MatchRuleUse.API },
    });
    expect(writeRule(api)).toBe('api:api.openai.com');
    expect(readRule('api.openai.com')).toEqual({ rule: { kind: MatchRuleKind.HOST, value: api.value, path: '' } });
    for (const none of ['api:openai.com', 'api:api.openai.com/v1', 'api:process:x', 'api:', 'api:github.io'])
      expect(readRule(none)).toHaveProperty('refused');
    const claims = [api, { ...api, use: MatchRuleUse.UNSPECIFIED }].map((one, at) => ({
      id: `app${at}`,
      rules: [one],
    }));
    expect(findConflicts(claims)).toEqual([{ rule: 'api.openai.com', appIds: ['app0', 'app1'] }]);
  });

  it('refuse public suffixes, single labels, addresses and what is no name', () => {
    for (const suffix of ['com', 'co.uk', '*.co.uk', '=github.io', 'vercel.app', '*.azurewebsites.net', 'localhost']) {
      expect(rule(suffix)).toMatch(/suffix|single label/);
    }
    expect(rule('192.0.2.7')).toMatch(/address/);
    for (const none of ['', '.', 'a..com', '-a.com', 'a b.com', '*.*.com', 'http://a.com', '*.', 'a.com:443', '\0.com'])
      expect(typeof rule(none)).toBe('string');
    expect(typeof rule(`${'a'.repeat(64)}.com`)).toBe('string');
    expect(typeof rule(`${'a.'.repeat(200)}com`)).toBe('string');
    expect(typeof rule('a.com/')).toBe('string');
    expect(typeof rule('process:')).toBe('string');
    expect(typeof rule('process:../x')).toBe('string');
  });

  it('read as they are written, whatever the text', () => {
    const texts = fc.oneof(fc.string({ maxLength: 60 }), fc.domain(), fc.webUrl(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(texts, (text) => {
        const read = readRule(text);
        if ('rule' in read) expect(readRule(writeRule(read.rule))).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });

  it('conflict where two apps claim the same', () => {
    const of = (id: string, ...texts: string[]) => ({
      id,
      rules: texts.map(readRule).flatMap((read) => ('rule' in read ? [read.rule] : [])),
    });
    const apps = [of('a', 'a.com', '*.b.com'), of('b', '*.B.com', 'b.com'), of('c', 'A.COM')];
    expect(findConflicts(apps)).toEqual([
      { rule: '*.b.com', appIds: ['a', 'b'] },
      { rule: 'a.com', appIds: ['a', 'c'] },
    ]);
  });
});
