import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { create } from '@bufbuild/protobuf';
import { MatchRuleKind, MatchRuleSchema } from '#contracts';
import { HostIndex, type AppRule } from '../src/index.js';
import { naiveMatch } from './naive-match.js';

const rule = (appId: string, kind: MatchRuleKind, value: string, path = ''): AppRule => ({
  appId,
  rule: create(MatchRuleSchema, { kind, value, path }),
});

describe('HostIndex', () => {
  const index = new HostIndex([
    rule('vendor', MatchRuleKind.DOMAIN, 'vendor.example'),
    rule('chat', MatchRuleKind.HOST, 'chat.vendor.example'),
    rule('tenants', MatchRuleKind.SUFFIX, 'apps.vendor.example'),
    rule('copilot', MatchRuleKind.PATH, 'www.vendor.example', '/copilot'),
    rule('copilot-admin', MatchRuleKind.PATH, 'www.vendor.example', '/copilot/admin/'),
    rule('umlaut', MatchRuleKind.DOMAIN, 'xn--bcher-kva.example'),
    rule('editor', MatchRuleKind.PROCESS, 'cursor'),
    rule('desktop', MatchRuleKind.BUNDLE_ID, 'com.vendor.chat'),
  ]);
  const app = (host: string, path?: string) => index.match(host, path)?.appId;

  it('prefers path, then host, then the longest name above', () => {
    expect(app('vendor.example')).toBe('vendor');
    expect(app('www.vendor.example')).toBe('vendor');
    expect(app('chat.vendor.example')).toBe('chat');
    expect(app('eu.chat.vendor.example')).toBe('vendor');
    expect(app('apps.vendor.example')).toBe('vendor');
    expect(app('a.b.apps.vendor.example')).toBe('tenants');
    expect(app('www.vendor.example', '/copilot?x=1')).toBe('copilot');
    expect(app('www.vendor.example', '/copilot/admin/users')).toBe('copilot-admin');
    expect(app('www.vendor.example', '/copilots')).toBe('vendor');
  });

  it('folds case, one trailing dot and Unicode', () => {
    expect(app('CHAT.Vendor.Example.')).toBe('chat');
    expect(app('www.bücher.example')).toBe('umlaut');
    expect(app('www.BÜCHER.example.')).toBe('umlaut');
  });

  it('matches nothing on what is no host', () => {
    for (const host of [
      '',
      '.',
      '..',
      'vendor.example..',
      'notvendor.example',
      '192.0.2.1',
      '[2001:db8::1]',
      '\0',
      'example',
    ])
      expect(app(host)).toBeUndefined();
    expect(app(`${'a.'.repeat(4000)}vendor.example`)).toBeUndefined();
    expect(app(`${'é'.repeat(250)}.example`)).toBeUndefined();
    expect(app('\ud800.vendor.example')).toBeUndefined();
  });

  it('finds processes and bundle ids', () => {
    expect(index.matchProcess('C:\\Users\\a\\Cursor.EXE')?.appId).toBe('editor');
    expect(index.matchProcess('/usr/bin/cursor')?.appId).toBe('editor');
    expect(index.matchProcess('com.Vendor.Chat')?.appId).toBe('desktop');
    expect(index.matchProcess('vim')).toBeUndefined();
    expect(index.matchProcess('')).toBeUndefined();
    expect(index.matchProcess('x'.repeat(100_000))).toBeUndefined();
  });

  it('gives a rule claimed twice to the first', () => {
    const twice = new HostIndex([
      rule('first', MatchRuleKind.DOMAIN, 'a.example'),
      rule('second', MatchRuleKind.DOMAIN, 'a.example'),
      rule('exact', MatchRuleKind.HOST, 'a.example'),
    ]);
    expect(twice.match('x.a.example')?.appId).toBe('first');
    expect(twice.match('a.example')?.appId).toBe('exact');
  });

  it('agrees with the definition read rule by rule', () => {
    const label = fc.constantFrom('a', 'b', 'ab', 'x-1', 'com');
    const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const kind = fc.constantFrom(MatchRuleKind.DOMAIN, MatchRuleKind.HOST, MatchRuleKind.SUFFIX, MatchRuleKind.PATH);
    const path = fc.constantFrom('/', '/a', '/a/b', '/ab');
    const rules = fc.array(fc.tuple(kind, name, path), { maxLength: 30 });
    fc.assert(
      fc.property(
        rules,
        fc.array(fc.tuple(name, fc.option(path, { nil: undefined })), { maxLength: 20 }),
        (specs, hosts) => {
          const list = specs.map(([k, n, p], at) => rule(`app-${at}`, k, n, k === MatchRuleKind.PATH ? p : ''));
          const built = new HostIndex(list);
          for (const [host, at] of hosts) expect(built.match(host, at)?.appId).toBe(naiveMatch(list, host, at)?.appId);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('answers alike the first, the second and the thousandth time, whatever else is asked for', () => {
    const names = Array.from({ length: 3_000 }, (_, at) => `host-${at}.vendor-${at % 50}.example`);
    const rules = names.flatMap((name, at) => (at % 3 === 0 ? [rule(`app-${at}`, MatchRuleKind.DOMAIN, name)] : []));
    const many = new HostIndex([...rules, rule('vendor', MatchRuleKind.SUFFIX, 'vendor-7.example')]);
    const oracle = new Map(rules.map(({ appId, rule: { value } }) => [value, appId]));
    for (let round = 0; round < 12; round += 1) {
      for (const name of names) {
        const expected = oracle.get(name) ?? (name.endsWith('.vendor-7.example') ? 'vendor' : undefined);
        expect(many.match(name)?.appId).toBe(expected);
        expect(many.match(`${name.toUpperCase()}.`)?.appId).toBe(expected);
      }
      expect(many.match(`bücher.${names[0]}`)?.appId).toBe('app-0');
      expect(many.match(`\ud800.${names[0]}`)).toBeUndefined();
    }
  });

  it('folds names as browsers do before it looks them up', () => {
    const latin = fc.constantFrom('a', 'B', 'bücher', 'BÜCHER', '例え', 'x-1');
    const host = fc.array(latin, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    fc.assert(
      fc.property(fc.array(host, { maxLength: 10 }), host, fc.boolean(), (hosts, asked, dot) => {
        const list = hosts.map((each, at) =>
          rule(`app-${at}`, MatchRuleKind.DOMAIN, new URL(`http://${each}`).hostname),
        );
        const expected = naiveMatch(list, new URL(`http://${asked}`).hostname)?.appId;
        expect(new HostIndex(list).match(dot ? `${asked}.` : asked)?.appId).toBe(expected);
      }),
    );
  });

  it('survives any string', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (host) => {
        index.match(host, host);
        index.matchProcess(host);
      }),
      { numRuns: 1000 },
    );
  });
});
