import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BlockAction, ConflictKind, DomainRuleKind, MatchRuleKind, Tag, type DomainRule } from '#contracts';
import type { TaggedApp } from '../src/domain/claim.js';
import { compile } from '../src/domain/compile.js';
import { contentOf } from '../src/domain/content.js';

/*
 * A naive reading of the rules, host by host over every host that matters: each name that occurs, one below it that
 * does not occur, and all names above. It shares no code with the compiler.
 */
type Rule = NonNullable<TaggedApp['entry']>['rules'][number];
const LABELS = ['a', 'b', 'c'];
const ZONES = ['com', 'co.uk', 'x.com', 'github.io'];
const SUFFIXES = new Set(['com', 'uk', 'co.uk', 'io', 'github.io']);

const name = fc
  .tuple(fc.array(fc.constantFrom(...LABELS), { minLength: 0, maxLength: 3 }), fc.constantFrom(...ZONES))
  .map(([labels, zone]) => [...labels, zone].join('.'));
const rule: fc.Arbitrary<Rule> = fc.record({
  kind: fc.constantFrom(
    MatchRuleKind.DOMAIN,
    MatchRuleKind.HOST,
    MatchRuleKind.SUFFIX,
    MatchRuleKind.PATH,
    MatchRuleKind.PROCESS,
  ),
  value: name,
  path: fc.constant('/p'),
});
const apps: fc.Arbitrary<TaggedApp[]> = fc.uniqueArray(
  fc.record({
    appId: fc.constantFrom('p', 'q', 'r', 's', 't', 'u'),
    tag: fc.constantFrom(Tag.SANCTIONED, Tag.UNSANCTIONED, Tag.MONITORED, Tag.UNSPECIFIED),
    entry: fc.record({ name: fc.constant('App'), rules: fc.array(rule, { maxLength: 4 }) }),
  }),
  { selector: (app) => app.appId, maxLength: 6 },
);

function universe(all: readonly TaggedApp[]): string[] {
  const names = all.flatMap((app) => app.entry!.rules.map((r) => r.value)).concat(ZONES);
  const hosts = names.flatMap((n) => [
    n,
    `zz.${n}`,
    `yy.zz.${n}`,
    ...n.split('.').map((_, i, l) => l.slice(i).join('.')),
  ]);
  return [...new Set(hosts)];
}

function matches(kind: 'whole' | 'exact' | 'below', value: string, host: string): boolean {
  const isBelow = host.endsWith(`.${value}`);
  if (kind === 'exact') return host === value;
  return kind === 'below' ? isBelow : isBelow || host === value;
}

function reaches(r: Rule, host: string): boolean {
  if (r.kind === MatchRuleKind.DOMAIN) return matches('whole', r.value, host);
  if (r.kind === MatchRuleKind.SUFFIX) return matches('below', r.value, host);
  return (r.kind === MatchRuleKind.HOST || r.kind === MatchRuleKind.PATH) && matches('exact', r.value, host);
}

/** A sanctioned app owns the host against a rule unless that rule's name is longer than all of its own that match. */
function isSanctionedAgainst(all: readonly TaggedApp[], host: string, value: string): boolean {
  return all.some(
    (app) =>
      app.tag === Tag.SANCTIONED && app.entry!.rules.some((r) => reaches(r, host) && r.value.length >= value.length),
  );
}

function isBlockable(all: readonly TaggedApp[], hosts: readonly string[], r: Rule): boolean {
  if (![MatchRuleKind.DOMAIN, MatchRuleKind.HOST, MatchRuleKind.SUFFIX].includes(r.kind)) return false;
  if (SUFFIXES.has(r.value)) return false;
  return !hosts.some((host) => reaches(r, host) && isSanctionedAgainst(all, host, r.value));
}

function expected(all: readonly TaggedApp[], hosts: readonly string[], host: string): BlockAction {
  const wants = (tag: Tag): boolean =>
    all.some((app) => app.tag === tag && app.entry!.rules.some((r) => reaches(r, host) && isBlockable(all, hosts, r)));
  if (wants(Tag.UNSANCTIONED)) return BlockAction.BLOCK;
  return wants(Tag.MONITORED) ? BlockAction.WARN : BlockAction.UNSPECIFIED;
}

function enforced(rules: readonly DomainRule[], host: string): BlockAction {
  const actions = rules
    .filter((r) =>
      matches(
        r.kind === DomainRuleKind.DOMAIN ? 'whole' : r.kind === DomainRuleKind.HOST ? 'exact' : 'below',
        r.value,
        host,
      ),
    )
    .map((r) => r.action);
  if (actions.includes(BlockAction.BLOCK)) return BlockAction.BLOCK;
  return actions.includes(BlockAction.WARN) ? BlockAction.WARN : BlockAction.UNSPECIFIED;
}

describe('compile, for any apps and tags', () => {
  it('is exact: every host gets the action that the naive reading gives it', () => {
    fc.assert(
      fc.property(apps, (all) => {
        const hosts = universe(all);
        const { rules } = compile(all);
        for (const host of hosts) expect([host, enforced(rules, host)]).toEqual([host, expected(all, hosts, host)]);
      }),
      { numRuns: 1500 },
    );
  });

  it('never touches a host whose most specific claim is a sanctioned app’s', () => {
    fc.assert(
      fc.property(apps, (all) => {
        const { rules } = compile(all);
        for (const host of universe(all)) {
          const claims = all.flatMap((app) =>
            app.entry!.rules.filter((r) => reaches(r, host)).map((r) => ({ app, r })),
          );
          const longest = Math.max(0, ...claims.map(({ r }) => r.value.length));
          const isSanctioned = claims.some(({ app, r }) => r.value.length === longest && app.tag === Tag.SANCTIONED);
          if (isSanctioned) expect([host, enforced(rules, host)]).toEqual([host, BlockAction.UNSPECIFIED]);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('is minimal: leaving out any rule changes what happens to some host', () => {
    fc.assert(
      fc.property(apps, (all) => {
        const hosts = universe(all);
        const { rules } = compile(all);
        for (const left of rules) {
          const rest = rules.filter((r) => r !== left);
          expect(hosts.some((host) => enforced(rest, host) !== enforced(rules, host))).toBe(true);
        }
      }),
      { numRuns: 800 },
    );
  });

  it('reports every wish it does not fulfil, and no other', () => {
    fc.assert(
      fc.property(apps, (all) => {
        const hosts = universe(all);
        const { rules, conflicts } = compile(all);
        const wishes = all.filter((app) => app.tag === Tag.UNSANCTIONED || app.tag === Tag.MONITORED);
        for (const app of wishes) {
          const wanted = app.tag === Tag.UNSANCTIONED ? [BlockAction.BLOCK] : [BlockAction.BLOCK, BlockAction.WARN];
          const claims = app.entry!.rules.filter((r) => r.kind !== MatchRuleKind.PROCESS);
          const missed = claims.filter((r) =>
            hosts.some((host) => reaches(r, host) && !wanted.includes(enforced(rules, host))),
          );
          const reported = conflicts.filter((c) => c.appId === app.appId && c.kind !== ConflictKind.NO_DOMAIN_RULE);
          expect(new Set(reported.map((c) => c.value))).toEqual(
            new Set(missed.map((r) => (r.kind === MatchRuleKind.SUFFIX ? `*.${r.value}` : r.value))),
          );
          expect(conflicts.some((c) => c.appId === app.appId && c.kind === ConflictKind.NO_DOMAIN_RULE)).toBe(
            claims.length === 0,
          );
        }
        expect(conflicts.every((c) => wishes.some((app) => app.appId === c.appId) && c.explanation !== '')).toBe(true);
      }),
      { numRuns: 800 },
    );
  });

  it('is deterministic: the order of apps and rules changes no byte', () => {
    fc.assert(
      fc.property(apps, (all) => {
        const turned = all.map((app) => ({ ...app, entry: { ...app.entry!, rules: [...app.entry!.rules].reverse() } }));
        expect(contentOf(compile(turned.reverse()).rules).hash).toEqual(contentOf(compile(all).rules).hash);
      }),
      { numRuns: 300 },
    );
  });
});
