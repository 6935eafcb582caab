import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BlocklistContentSchema, BlockAction, type DomainRule } from '#contracts';

/** A compiled list as devices get it: the bytes, their SHA-256, and how many rules of each kind they hold. */
export interface ListContent {
  readonly bytes: Uint8Array;
  readonly hash: Buffer;
  readonly blockRules: number;
  readonly warnRules: number;
}

export function contentOf(rules: readonly DomainRule[]): ListContent {
  const bytes = toBinary(BlocklistContentSchema, create(BlocklistContentSchema, { rules: [...rules] }));
  const blockRules = rules.filter((rule) => rule.action === BlockAction.BLOCK).length;
  return { bytes, hash: sha256(bytes), blockRules, warnRules: rules.length - blockRules };
}

export function rulesOf(content: Uint8Array): DomainRule[] {
  return fromBinary(BlocklistContentSchema, content).rules;
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
