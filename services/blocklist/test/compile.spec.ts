import { describe, expect, it } from '@jest/globals';
import { BlockAction, ConflictKind, DomainRuleKind, Tag } from '#contracts';
import { compile, type CompiledList } from '../src/domain/compile.js';
import { taggedApp } from './builders.js';

const { SANCTIONED, UNSANCTIONED, MONITORED } = Tag;

function shown(list: CompiledList): string[] {
  return list.rules.map((rule) =>
    [DomainRuleKind[rule.kind], rule.value, BlockAction[rule.action]].join(' ').toLowerCase(),
  );
}

describe('compile', () => {
  it('blocks unsanctioned and warns on monitored apps, and leaves the others alone', () => {
    const list = compile([
      taggedApp('b', MONITORED, 'host:chat.b.com', 'suffix:api.b.com'),
      taggedApp('a', UNSANCTIONED, 'domain:a.com', 'process:a.exe'),
      taggedApp('c', SANCTIONED, 'domain:c.com'),
      taggedApp('d', Tag.UNSPECIFIED, 'domain:d.com'),
    ]);
    expect(shown(list)).toEqual(['domain a.com block', 'suffix api.b.com warn', 'host chat.b.com warn']);
    expect(list.conflicts).toEqual([]);
  });

  it('drops what a parent of the same or a stronger action covers, and keeps a stronger child', () => {
    const list = compile([
      taggedApp('a', UNSANCTIONED, 'domain:a.com', 'host:x.a.com', 'suffix:y.a.com', 'host:a.com'),
      taggedApp('b', MONITORED, 'domain:z.a.com', 'domain:b.com'),
      taggedApp('c', UNSANCTIONED, 'host:c.b.com', 'domain:d.b.com'),
    ]);
    expect(shown(list)).toEqual([
      'domain a.com block',
      'domain b.com warn',
      'host c.b.com block',
      'domain d.b.com block',
    ]);
  });

  it('lets BLOCK outrank WARN on the same name, part by part', () => {
    const list = compile([
      taggedApp('a', MONITORED, 'domain:a.com', 'host:b.com'),
      taggedApp('b', UNSANCTIONED, 'host:a.com', 'domain:b.com'),
    ]);
    expect(shown(list)).toEqual(['host a.com block', 'suffix a.com warn', 'domain b.com block']);
  });

  it('joins a host and everything below it into one rule', () => {
    const list = compile([taggedApp('a', UNSANCTIONED, 'host:a.com'), taggedApp('b', UNSANCTIONED, 'suffix:a.com')]);
    expect(shown(list)).toEqual(['domain a.com block']);
    expect(list.rules[0]?.appId).toBe('a');
  });

  it('refuses public suffixes and single labels', () => {
    const list = compile([
      taggedApp('a', UNSANCTIONED, 'domain:co.uk', 'suffix:github.io', 'domain:localhost', 'domain:me.github.io'),
    ]);
    expect(shown(list)).toEqual(['domain me.github.io block']);
    expect(list.conflicts.map((c) => [ConflictKind[c.kind], c.value])).toEqual([
      ['PUBLIC_SUFFIX', '*.github.io'],
      ['PUBLIC_SUFFIX', 'co.uk'],
      ['PUBLIC_SUFFIX', 'localhost'],
    ]);
    expect(list.conflicts[1]?.explanation).toContain('public suffix');
    expect(list.conflicts[2]?.explanation).toContain('single label');
  });

  it.each([
    ['the same domain', 'domain:s.com', 'domain:s.com'],
    ['the same host', 'host:s.com', 'host:s.com'],
    ['a host of a sanctioned domain name', 'host:s.com', 'domain:s.com'],
    ['a sanctioned host below', 'domain:s.com', 'host:api.s.com'],
    ['a sanctioned domain below', 'suffix:s.com', 'domain:eu.s.com'],
    ['everything below', 'domain:s.com', 'suffix:s.com'],
    ['a path of the host', 'host:s.com', 'path:s.com/mail'],
  ] as const)('refuses what a sanctioned app shares: %s', (_case, blocked, sanctioned) => {
    const list = compile([taggedApp('bad', UNSANCTIONED, blocked), taggedApp('good', SANCTIONED, sanctioned)]);
    expect(list.rules).toEqual([]);
    expect(list.conflicts).toHaveLength(1);
    expect(list.conflicts[0]).toMatchObject({
      kind: ConflictKind.SHARED_WITH_SANCTIONED,
      appId: 'bad',
      sharedWithAppId: 'good',
      explanation: expect.stringMatching(/BAD is not blocked at .*s\.com: the sanctioned app GOOD uses/),
    });
  });

  it.each([
    ['a name of its own below a sanctioned domain', 'host:gemini.s.com', 'domain:s.com'],
    ['names below a host that is sanctioned alone', 'suffix:s.com', 'host:s.com'],
    ['a neighbour', 'domain:nots.com', 'domain:s.com'],
  ] as const)('blocks %s', (_case, blocked, sanctioned) => {
    const list = compile([taggedApp('bad', UNSANCTIONED, blocked), taggedApp('good', SANCTIONED, sanctioned)]);
    expect(list.rules).toHaveLength(1);
    expect(list.conflicts).toEqual([]);
  });

  it('says how many sanctioned apps share a name', () => {
    const list = compile([
      taggedApp('bad', UNSANCTIONED, 'domain:s.com'),
      taggedApp('y', SANCTIONED, 'host:y.s.com'),
      taggedApp('x', SANCTIONED, 'host:x.s.com'),
    ]);
    expect(list.conflicts[0]?.sharedWithAppId).toBe('x');
    expect(list.conflicts[0]?.explanation).toContain('X (and 1 more sanctioned app) uses x.s.com');
  });

  it('reports apps that only a path tells apart, and apps without any domain', () => {
    const list = compile([
      taggedApp('p', UNSANCTIONED, 'path:bing.com/chat'),
      taggedApp('q', MONITORED, 'process:ollama', 'bundle:com.ollama'),
      { appId: 'gone', tag: UNSANCTIONED },
    ]);
    expect(list.rules).toEqual([]);
    expect(list.conflicts.map((c) => [c.appId, ConflictKind[c.kind], c.value])).toEqual([
      ['gone', 'NO_DOMAIN_RULE', ''],
      ['p', 'PATH_ONLY', 'bing.com'],
      ['q', 'NO_DOMAIN_RULE', ''],
    ]);
  });

  it('does not report a path on a host that is blocked anyway', () => {
    const list = compile([taggedApp('p', UNSANCTIONED, 'path:p.com/chat', 'domain:p.com')]);
    expect(shown(list)).toEqual(['domain p.com block']);
    expect(list.conflicts).toEqual([]);
  });

  it('normalises names and skips what cannot be one', () => {
    const list = compile([taggedApp('a', UNSANCTIONED, 'domain:A.Com.', 'host:sp ace.com', 'host:-x.com')]);
    expect(shown(list)).toEqual(['domain a.com block']);
  });
});
