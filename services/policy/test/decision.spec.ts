import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Tag } from '#contracts';
import { decide, sameDecision, type Claim } from '../src/domain/decision.js';
import { claimsArb, manualArb } from './samples.js';

const strict: Claim = {
  policyId: 'p1',
  policyName: 'Block risky AI',
  action: Tag.UNSANCTIONED,
  createdAt: 2,
  matchedValues: ['riskScore = 3.4 (0 to 6)', 'generativeAi = yes'],
};
const lenient: Claim = {
  ...strict,
  policyId: 'p2',
  policyName: 'Allow partners',
  action: Tag.SANCTIONED,
  createdAt: 1,
};
const watching: Claim = { ...strict, policyId: 'p3', policyName: 'Watch AI', action: Tag.MONITORED, createdAt: 0 };
const alertOnly: Claim = { ...strict, policyId: 'p4', policyName: 'Tell me', action: Tag.UNSPECIFIED, createdAt: 0 };

describe('decide', () => {
  it('lets the strongest action win and says whom it outranks', () => {
    expect(decide(undefined, [lenient, watching, strict, alertOnly])).toEqual({
      tag: Tag.UNSANCTIONED,
      policyId: 'p1',
      policyName: 'Block risky AI',
      setBy: '',
      reason:
        'Tagged unsanctioned by policy “Block risky AI” because riskScore = 3.4 (0 to 6) and generativeAi = yes. ' +
        'This outranks policy “Watch AI” (monitored) and policy “Allow partners” (sanctioned).',
      matchedValues: ['riskScore = 3.4 (0 to 6)', 'generativeAi = yes'],
      overruledPolicyIds: ['p3', 'p2'],
    });
  });

  it('lets a tag by hand outrank every policy, and says so', () => {
    const manual = { tag: Tag.SANCTIONED, setBy: 'alice', reason: 'Contract signed' };
    expect(decide(manual, [strict, lenient])).toEqual({
      tag: Tag.SANCTIONED,
      policyId: '',
      policyName: '',
      setBy: 'alice',
      reason:
        'Tagged sanctioned by hand by alice: Contract signed. This outranks policy “Block risky AI” (unsanctioned).',
      matchedValues: [],
      overruledPolicyIds: ['p1'],
    });
  });

  it('names the oldest of the policies that ask for the same', () => {
    const older = { ...strict, policyId: 'p9', createdAt: 1 };
    expect(decide(undefined, [strict, older])?.policyId).toBe('p9');
    expect(decide(undefined, [strict, older])?.overruledPolicyIds).toEqual([]);
  });

  it('decides nothing where no policy asks for a tag', () => {
    expect(decide(undefined, [])).toBeUndefined();
    expect(decide(undefined, [alertOnly])).toBeUndefined();
  });

  it('does not depend on the order of the policies', () => {
    fc.assert(
      fc.property(manualArb, claimsArb, fc.infiniteStream(fc.nat()), (manual, claims, order) => {
        const shuffled = claims
          .map((claim) => ({ claim, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ claim }) => claim);
        expect(decide(manual, shuffled)).toEqual(decide(manual, claims));
        expect(sameDecision(decide(manual, shuffled), decide(manual, claims))).toBe(true);
      }),
    );
  });

  it('is never weaker than any policy asks for, and no policy that agrees is overruled', () => {
    const strength = [0, 1, 3, 2];
    fc.assert(
      fc.property(claimsArb, (claims) => {
        const decision = decide(undefined, claims);
        const strongest = Math.max(0, ...claims.map(({ action }) => strength[action]!));
        expect(decision ? strength[decision.tag] : 0).toBe(strongest);
        for (const id of decision?.overruledPolicyIds ?? []) {
          expect(claims.find(({ policyId }) => policyId === id)?.action).not.toBe(decision?.tag);
        }
      }),
    );
  });

  it('with a tag by hand answers that tag whatever the policies say', () => {
    fc.assert(
      fc.property(manualArb, claimsArb, (manual, claims) => {
        if (manual) expect(decide(manual, claims)?.tag).toBe(manual.tag);
      }),
    );
  });
});
