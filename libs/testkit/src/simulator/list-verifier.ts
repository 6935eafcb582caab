import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import {
  BlockAction,
  BlocklistContentSchema,
  BlocklistManifestSchema,
  DomainRuleKind,
  SignedBlocklistSchema,
  type DomainRule,
} from '#contracts';

/** Why a device does not take a list. */
export type RefusalReason =
  | 'unreadable'
  | 'unknown-key'
  | 'bad-signature'
  | 'foreign-tenant'
  | 'foreign-group'
  | 'older-revision'
  | 'older-issue'
  | 'not-yet-valid'
  | 'expired'
  | 'wrong-hash';

export class ListRefused extends Error {
  constructor(
    readonly reason: RefusalReason,
    /** What the list calls itself; undefined where that cannot be trusted. */
    readonly revision?: bigint,
  ) {
    super(`The block list was refused: ${reason}.`);
    this.name = 'ListRefused';
  }
}

/** A list that passed every check. */
export interface VerifiedList {
  readonly revision: bigint;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly rules: readonly DomainRule[];
}

/** What a device knows before it looks at a list. */
export interface Trust {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  readonly tenant: string;
  readonly group: string;
  /** The list in force, which a new one must not be older than. */
  readonly inForce?: Pick<VerifiedList, 'revision' | 'issuedAt'>;
}

const MAX_LIST_BYTES = 64 * 1024 * 1024;
const CLOCK_SKEW_MS = 5 * 60_000;

/** An Ed25519 public key from its 32 raw bytes. */
export function publicKeyOf(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

interface Parts {
  readonly keyId: string;
  readonly manifest: Uint8Array;
  readonly signature: Uint8Array;
  readonly content: Uint8Array;
}

/**
 * Checks an answer of `GET /v1/blocklist` as a device must: signature first, then whose list it is, whether it is older
 * than the one in force, its times, and that the rules are those that were signed. Shares no code with the server.
 *
 * @throws ListRefused
 */
export function verifyList(body: Uint8Array, encoding: 'json' | 'protobuf', trust: Trust, now: Date): VerifiedList {
  if (body.length > MAX_LIST_BYTES) throw new ListRefused('unreadable');
  const parts = encoding === 'json' ? partsOfJson(body) : partsOfProtobuf(body);
  if (parts.keyId !== trust.keyId) throw new ListRefused('unknown-key');
  if (!verify(null, parts.manifest, trust.publicKey, parts.signature)) throw new ListRefused('bad-signature');
  const manifest = readable(() => fromBinary(BlocklistManifestSchema, parts.manifest));
  const { tenant, group, revision } = manifest;
  if (tenant !== trust.tenant) throw new ListRefused('foreign-tenant', revision);
  if (group !== trust.group) throw new ListRefused('foreign-group', revision);
  if (!manifest.issuedAt || !manifest.expiresAt) throw new ListRefused('unreadable', revision);
  const [issuedAt, expiresAt] = [timestampDate(manifest.issuedAt), timestampDate(manifest.expiresAt)];
  if (trust.inForce && revision < trust.inForce.revision) throw new ListRefused('older-revision', revision);
  const isSame = revision === trust.inForce?.revision;
  if (isSame && issuedAt < trust.inForce.issuedAt) throw new ListRefused('older-issue', revision);
  if (issuedAt.getTime() > now.getTime() + CLOCK_SKEW_MS) throw new ListRefused('not-yet-valid', revision);
  if (expiresAt <= now) throw new ListRefused('expired', revision);
  const hash = createHash('sha256').update(parts.content).digest();
  if (!hash.equals(manifest.contentHash)) throw new ListRefused('wrong-hash', revision);
  const { rules } = readable(() => fromBinary(BlocklistContentSchema, parts.content));
  return { revision, issuedAt, expiresAt, rules };
}

function partsOfProtobuf(body: Uint8Array): Parts {
  return readable(() => fromBinary(SignedBlocklistSchema, body));
}

/** In JSON the rules are encoded anew, so that what is enforced is what the hash covers. */
function partsOfJson(body: Uint8Array): Parts {
  return readable(() => {
    const list = JSON.parse(Buffer.from(body).toString('utf8')) as {
      keyId: string;
      manifest: string;
      signature: string;
      rules: { kind: string; value: string; action: string; appId: string }[];
    };
    const rules = list.rules.map((rule) => ({
      kind: DomainRuleKind[rule.kind.toUpperCase() as keyof typeof DomainRuleKind],
      value: rule.value,
      action: BlockAction[rule.action.toUpperCase() as keyof typeof BlockAction],
      appId: rule.appId,
    }));
    return {
      keyId: list.keyId,
      manifest: Buffer.from(list.manifest, 'base64'),
      signature: Buffer.from(list.signature, 'base64'),
      content: toBinary(BlocklistContentSchema, create(BlocklistContentSchema, { rules })),
    };
  });
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new ListRefused('unreadable');
  }
}
