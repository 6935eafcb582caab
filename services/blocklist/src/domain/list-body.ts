import { create, toBinary } from '@bufbuild/protobuf';
import { BlockAction, DomainRuleKind, SignedBlocklistSchema, type DomainRule } from '#contracts';
import type { ManifestFields, SignedManifest } from './sign.js';

export interface ListToSend extends Omit<ManifestFields, 'tenant'>, SignedManifest {
  readonly tenantId: string;
  readonly content: Uint8Array;
}

/** The body of `GET /v1/blocklist` as `application/x-protobuf`. */
export function protobufList(list: ListToSend): Uint8Array {
  const { manifest, signature, keyId, content } = list;
  return toBinary(SignedBlocklistSchema, create(SignedBlocklistSchema, { manifest, signature, keyId, content }));
}

/**
 * The body of `GET /v1/blocklist` as `application/json`.
 *
 * `manifest` holds the bytes that `signature` covers (both base64). Whoever checks it takes tenant, group, revision,
 * hash and times from there, encodes `rules` as a BlocklistContent of proto/agent in the order given, and compares the
 * SHA-256 of that.
 */
export function jsonList(list: ListToSend, rules: readonly DomainRule[], blockPage: string): string {
  return JSON.stringify({
    tenant: list.tenantId,
    group: list.group,
    revision: Number(list.revision),
    contentHash: Buffer.from(list.contentHash).toString('hex'),
    issuedAt: list.issuedAt.toISOString(),
    expiresAt: list.expiresAt.toISOString(),
    keyId: list.keyId,
    signature: Buffer.from(list.signature).toString('base64'),
    manifest: Buffer.from(list.manifest).toString('base64'),
    blockPage,
    rules: rules.map((rule) => ({
      kind: DomainRuleKind[rule.kind].toLowerCase(),
      value: rule.value,
      action: BlockAction[rule.action].toLowerCase(),
      appId: rule.appId,
    })),
  });
}
