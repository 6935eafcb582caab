import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { BlockAction, DomainRuleKind, DomainRuleSchema } from '#contracts';
import { ListRefused, publicKeyOf, verifyList, type Trust } from '../../../libs/testkit/src/simulator/index.js';
import { contentOf } from '../src/domain/content.js';
import { jsonList, protobufList } from '../src/domain/list-body.js';
import { generateSigningKey, readSigningKey, signManifest, type SigningKey } from '../src/domain/sign.js';

const { key, pkcs8 } = generateSigningKey();
const NOW = new Date('2026-03-01T12:00:00Z');
const DAY = 86_400_000;
const RULES = ['a.com', 'b.com', 'c.example'].map((value) =>
  create(DomainRuleSchema, { kind: DomainRuleKind.DOMAIN, value, action: BlockAction.BLOCK, appId: value[0]! }),
);
const TRUST: Trust = { keyId: key.keyId, publicKey: publicKeyOf(key.publicKey), tenant: 't1', group: 'default' };

interface Wish {
  tenant?: string;
  group?: string;
  revision?: bigint;
  issuedAt?: Date;
  expiresAt?: Date;
  signWith?: SigningKey;
}

function signed(wish: Wish = {}) {
  const { tenant = 't1', group = 'default', revision = 5n, issuedAt = NOW, signWith = key } = wish;
  const expiresAt = wish.expiresAt ?? new Date(issuedAt.getTime() + 7 * DAY);
  const content = contentOf(RULES);
  const fields = { tenant, group, revision, contentHash: content.hash, issuedAt, expiresAt };
  return { tenantId: tenant, content: content.bytes, ...fields, ...signManifest(fields, signWith) };
}

const bodies = {
  protobuf: (wish?: Wish) => protobufList(signed(wish)),
  json: (wish?: Wish) => Buffer.from(jsonList(signed(wish), RULES, '/blocked?t=x')),
};

function refusalOf(check: () => unknown): string {
  try {
    check();
    return 'accepted';
  } catch (error) {
    if (error instanceof ListRefused) return error.reason;
    throw error;
  }
}

describe.each(['protobuf', 'json'] as const)('a signed list in %s', (encoding) => {
  const body = bodies[encoding];

  it('is accepted by the device it is for', () => {
    const list = verifyList(body(), encoding, TRUST, NOW);
    expect(list).toMatchObject({ revision: 5n, issuedAt: NOW, rules: RULES });
  });

  it.each<[string, Wish, Partial<Trust>, Date?]>([
    ['unknown-key', { signWith: generateSigningKey().key }, {}],
    ['foreign-tenant', { tenant: 't2' }, {}],
    ['foreign-group', { group: 'kiosk' }, {}],
    ['older-revision', {}, { inForce: { revision: 6n, issuedAt: NOW } }],
    ['older-issue', {}, { inForce: { revision: 5n, issuedAt: new Date(NOW.getTime() + 1) } }],
    ['expired', {}, {}, new Date(NOW.getTime() + 7 * DAY)],
    ['not-yet-valid', {}, {}, new Date(NOW.getTime() - DAY)],
  ])('is refused where it is %s', (reason, wish, trust, now = NOW) => {
    expect(refusalOf(() => verifyList(body(wish), encoding, { ...TRUST, ...trust }, now))).toBe(reason);
  });

  it('is accepted again when it is signed anew', () => {
    const later = new Date(NOW.getTime() + 4 * DAY);
    const trust = { ...TRUST, inForce: { revision: 5n, issuedAt: NOW } };
    expect(verifyList(body({ issuedAt: later }), encoding, trust, later).expiresAt).toEqual(
      new Date(later.getTime() + 7 * DAY),
    );
  });
});

describe('tampering', () => {
  it('with any byte of the protobuf body is found', () => {
    const original = bodies.protobuf();
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat({ max: original.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const changed = Uint8Array.from(original);
        changed[at]! ^= mask;
        // A change of the envelope alone may be readable: then what it holds is still what was signed.
        const outcome = refusalOf(() => {
          const list = verifyList(changed, 'protobuf', TRUST, NOW);
          expect([list.revision, list.rules]).toEqual([5n, RULES]);
        });
        if (at >= 2) accepted += outcome === 'accepted' ? 1 : 0;
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeLessThan(40);
  });

  it('with the rules of the JSON body is found', () => {
    const list = JSON.parse(bodies.json().toString()) as { rules: { value: string }[] };
    const shorter = { ...list, rules: list.rules.slice(1) };
    const other = { ...list, rules: list.rules.map((rule) => ({ ...rule, value: 'z.com' })) };
    const turned = { ...list, rules: [...list.rules].reverse() };
    for (const changed of [shorter, other, turned]) {
      const body = Buffer.from(JSON.stringify(changed));
      expect(refusalOf(() => verifyList(body, 'json', TRUST, NOW))).toBe('wrong-hash');
    }
  });
});

describe('the signing key', () => {
  it('is the same after it was stored', () => {
    expect(readSigningKey(pkcs8)).toMatchObject({ keyId: key.keyId, publicKey: key.publicKey });
    expect(key.publicKey).toHaveLength(32);
    expect(key.keyId).toMatch(/^[0-9a-f]{16}$/);
  });
});
