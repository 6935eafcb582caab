import { MatchRuleKind } from '#contracts';
import type { Rule } from './app-record.js';

const HOST_KINDS: readonly MatchRuleKind[] = [MatchRuleKind.DOMAIN, MatchRuleKind.HOST, MatchRuleKind.SUFFIX];

/** Whether a rule claims a name that many services share; a path on it, or a host below it, is a part of its own. */
export function isShared({ kind, value }: Rule, shared: ReadonlySet<string>): boolean {
  return HOST_KINDS.includes(kind) && shared.has(value);
}
