import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccessOutcome, Tag, UsageAction, UsageEventKind } from '#contracts';
import { AccessFold } from '../src/domain/accesses.js';
import type { Observation } from '../src/domain/events/observation.js';
import { EntityKind, UsageFold } from '../src/domain/fold.js';
import { generativeAiHint } from '../src/domain/hints.js';
import { SequenceSet } from '../src/domain/sequences.js';

const DAY = 86_400_000_000;

function event(fields: Partial<Observation> = {}): Observation {
  return {
    timeMicros: 5 * DAY,
    kind: UsageEventKind.NETWORK,
    host: 'chatgpt.com',
    path: '',
    user: '',
    sourceIp: '',
    bytesUp: 0,
    bytesDown: 0,
    action: UsageAction.ALLOWED,
    process: '',
    bundleId: '',
    ...fields,
  };
}

describe('UsageFold', () => {
  it('adds up per day and for each entity that is named', () => {
    const fold = new UsageFold();
    fold.claimed('t', 'd1', 'chatgpt', event({ user: 'alice', sourceIp: '10.0.0.1', bytesUp: 1, bytesDown: 10 }));
    fold.claimed(
      't',
      'd1',
      'chatgpt',
      event({ user: 'bob', timeMicros: 5 * DAY + 7, action: UsageAction.BLOCKED, bytesUp: 2 }),
    );
    fold.claimed('t', '', 'chatgpt', event({ timeMicros: 6 * DAY }));
    const first = { firstMicros: 5 * DAY, lastMicros: 5 * DAY };
    const both = { tenantId: 't', appId: 'chatgpt', day: 5 };
    const alice = { transactions: 1, bytesUp: 1, bytesDown: 10, blocked: 0, ...first };
    const total = {
      transactions: 2,
      bytesUp: 3,
      bytesDown: 10,
      blocked: 1,
      firstMicros: 5 * DAY,
      lastMicros: 5 * DAY + 7,
    };
    const bob = {
      transactions: 1,
      bytesUp: 2,
      bytesDown: 0,
      blocked: 1,
      firstMicros: 5 * DAY + 7,
      lastMicros: 5 * DAY + 7,
    };
    expect(fold.usage()).toEqual([
      { ...both, kind: EntityKind.TOTAL, entity: '', ...total },
      { ...both, kind: EntityKind.USER, entity: 'alice', ...alice },
      { ...both, kind: EntityKind.USER, entity: 'bob', ...bob },
      { ...both, kind: EntityKind.DEVICE, entity: 'd1', ...total },
      { ...both, kind: EntityKind.IP, entity: '10.0.0.1', ...alice },
      {
        ...both,
        day: 6,
        kind: EntityKind.TOTAL,
        entity: '',
        transactions: 1,
        bytesUp: 0,
        bytesDown: 0,
        blocked: 0,
        firstMicros: 6 * DAY,
        lastMicros: 6 * DAY,
      },
    ]);
  });

  it('gives rows in one order, whatever the order of the events', () => {
    const key = fc.record({
      tenant: fc.constantFrom('a', 'b'),
      app: fc.constantFrom('x', 'y'),
      day: fc.nat(2),
      user: fc.constantFrom('u', 'v', ''),
    });
    fc.assert(
      fc.property(fc.array(key, { maxLength: 20 }), (keys) => {
        const [one, two] = [new UsageFold(), new UsageFold()];
        for (const each of keys)
          one.claimed(each.tenant, '', each.app, event({ user: each.user, timeMicros: each.day * DAY }));
        for (const each of [...keys].reverse())
          two.claimed(each.tenant, '', each.app, event({ user: each.user, timeMicros: each.day * DAY }));
        expect(two.usage()).toEqual(one.usage());
        const totals = one.usage().filter((row) => row.kind === EntityKind.TOTAL);
        expect(totals.reduce((sum, row) => sum + row.transactions, 0)).toBe(keys.length);
      }),
    );
  });

  it('keeps hosts that no app claims apart, with a hint where the name looks like AI', () => {
    const fold = new UsageFold();
    fold.unclaimed('t', event({ host: 'wiki.example.org' }));
    fold.unclaimed('t', event({ host: 'my-gpt.example.org', bytesUp: 3 }));
    fold.unclaimed('t', event({ host: 'my-gpt.example.org', bytesUp: 4 }));
    expect(fold.unclaimedHosts().map((row) => [row.host, row.transactions, row.bytesUp, row.generativeAiHint])).toEqual(
      [
        ['my-gpt.example.org', 2, 7, 'name contains “gpt”'],
        ['wiki.example.org', 1, 0, ''],
      ],
    );
  });
});

describe('generativeAiHint', () => {
  it.each([
    'chat-gpt.example',
    'ai.corp.example',
    'corp-ai.example',
    'llm.internal.example',
    'notes.ai',
    'api.mistral.example',
  ])('hints at %s', (host) => {
    expect(generativeAiHint(host)).not.toBe('');
  });
  it.each(['mail.example.com', 'air.example', 'said.example', 'rain.example.net', 'example.com'])(
    'leaves %s alone',
    (host) => {
      expect(generativeAiHint(host)).toBe('');
    },
  );
});

describe('AccessFold', () => {
  const state = { tag: Tag.UNSANCTIONED, setAtMicros: 5 * DAY };
  const outcomes = (...events: Observation[]): [AccessOutcome, number][] => {
    const fold = new AccessFold();
    for (const each of events) fold.add('t', 'd', 'app', each, state);
    return fold.all().map((access) => [access.outcome, access.count]);
  };

  it('counts from the tag on; blocked attempts always; look-ups only when blocked', () => {
    const early = { timeMicros: 5 * DAY - 1 };
    expect(outcomes(event(), event({ timeMicros: 5 * DAY + 1 }))).toEqual([[AccessOutcome.ALLOWED, 2]]);
    expect(outcomes(event(early))).toEqual([]);
    expect(outcomes(event({ ...early, action: UsageAction.BLOCKED }))).toEqual([[AccessOutcome.BLOCKED, 1]]);
    expect(outcomes(event({ kind: UsageEventKind.DNS }))).toEqual([]);
    expect(outcomes(event({ kind: UsageEventKind.DNS, action: UsageAction.BLOCKED }))).toEqual([
      [AccessOutcome.BLOCKED, 1],
    ]);
  });

  it('passes over apps that are sanctioned or undecided', () => {
    const fold = new AccessFold();
    for (const tag of [Tag.UNSPECIFIED, Tag.SANCTIONED]) fold.add('t', 'd', 'app', event(), { tag, setAtMicros: 0 });
    expect(fold.all()).toEqual([]);
  });
});

describe('SequenceSet', () => {
  it('is a set, whatever the order, and survives its text', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 1n, max: 60n }), { maxLength: 80 }), (numbers) => {
        let set = SequenceSet.empty();
        const truth = new Set<bigint>();
        for (const number of numbers) {
          expect(set.add(number)).toBe(!truth.has(number));
          truth.add(number);
          set = SequenceSet.parse(String(set));
        }
        for (let number = 1n; number <= 61n; number += 1n) expect(set.has(number)).toBe(truth.has(number));
      }),
    );
  });

  it('stays small for a source that counts without gaps, and bounded for one that does not', () => {
    const steady = SequenceSet.empty();
    for (let number = 1n; number <= 500n; number += 1n) steady.add(number);
    expect(String(steady)).toBe('{[1,501)}');
    const odd = SequenceSet.empty();
    for (let number = 1n; number <= 5_001n; number += 2n) odd.add(number);
    expect(String(odd).split('[').length - 1).toBe(1_000);
    expect([odd.add(2n), odd.add(5_000n), odd.add(5_001n)]).toEqual([false, true, false]);
  });
});
