import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { BlockAction, DomainRuleKind, DomainRuleSchema } from '#contracts';
import { Enforcement } from '../../../libs/testkit/src/simulator/enforcement.js';
import { RuleIndex } from '../src/domain/rule-match.js';
import { textList } from '../src/domain/text-list.js';

const name = fc
  .array(fc.constantFrom('a', 'b', 'com'), { minLength: 1, maxLength: 4 })
  .map((labels) => labels.join('.'));
const rule = fc
  .record({
    kind: fc.constantFrom(DomainRuleKind.DOMAIN, DomainRuleKind.HOST, DomainRuleKind.SUFFIX),
    value: name,
    action: fc.constantFrom(BlockAction.BLOCK, BlockAction.WARN),
  })
  .map((init) => create(DomainRuleSchema, { ...init, appId: 'x' }));
// A published list never has two rules that say something about the same part of a name.
const rules = fc.uniqueArray(rule, { selector: (each) => each.value, maxLength: 6 });
const WORDS = { [BlockAction.BLOCK]: 'blocked', [BlockAction.WARN]: 'warned', [BlockAction.UNSPECIFIED]: 'allowed' };

describe('what a list does to a host', () => {
  it('is the same to the device and to the block page', () => {
    fc.assert(
      fc.property(rules, name, (list, host) => {
        const found = new RuleIndex(list).find(host)?.action ?? BlockAction.UNSPECIFIED;
        expect(new Enforcement(list).outcomeOf(host)).toBe(WORDS[found]);
        const said = list.filter(({ kind, value }) => {
          if (kind === DomainRuleKind.HOST) return host === value;
          return host.endsWith(`.${value}`) || (kind === DomainRuleKind.DOMAIN && host === value);
        });
        const strongest = said.some((each) => each.action === BlockAction.BLOCK) ? 'blocked' : 'warned';
        expect(WORDS[found]).toBe(said.length === 0 ? 'allowed' : strongest);
      }),
      { numRuns: 3_000 },
    );
  });

  it('does not depend on case or a trailing dot', () => {
    const list = [create(DomainRuleSchema, { kind: DomainRuleKind.DOMAIN, value: 'a.com', action: BlockAction.BLOCK })];
    expect(new Enforcement(list).outcomeOf('X.A.Com.')).toBe('blocked');
    expect(new Enforcement(list).outcomeOf('nota.com')).toBe('allowed');
  });
});

describe('the plain list', () => {
  it('is sorted, without repeats, and shows names of which only what is below is meant as *.name', () => {
    const list = [
      create(DomainRuleSchema, { kind: DomainRuleKind.SUFFIX, value: 'b.com', action: BlockAction.BLOCK }),
      create(DomainRuleSchema, { kind: DomainRuleKind.HOST, value: 'b.com', action: BlockAction.WARN }),
      create(DomainRuleSchema, { kind: DomainRuleKind.DOMAIN, value: 'a.com', action: BlockAction.BLOCK }),
    ];
    expect(textList(list, 'block')).toBe('*.b.com\na.com\n');
    expect(textList(list, 'warn')).toBe('b.com\n');
    expect(textList(list, 'all')).toBe('*.b.com\na.com\nb.com\n');
    expect(textList([], 'all')).toBe('');
  });
});
