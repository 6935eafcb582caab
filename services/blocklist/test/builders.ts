import { MatchRuleKind, type Tag } from '#contracts';
import type { TaggedApp } from '../src/domain/claim.js';

export type RuleText = `${'domain' | 'host' | 'suffix' | 'process' | 'bundle'}:${string}` | `path:${string}/${string}`;

const KINDS: Readonly<Record<string, MatchRuleKind>> = {
  domain: MatchRuleKind.DOMAIN,
  host: MatchRuleKind.HOST,
  suffix: MatchRuleKind.SUFFIX,
  path: MatchRuleKind.PATH,
  process: MatchRuleKind.PROCESS,
  bundle: MatchRuleKind.BUNDLE_ID,
};

/** `domain:x.com`, `host:a.x.com`, `suffix:x.com` (for `*.x.com`), `path:x.com/chat`, `process:foo`. */
export function ruleOf(text: RuleText): { kind: MatchRuleKind; value: string; path: string } {
  const [kind = '', rest = ''] = text.split(/:(.*)/s);
  const slash = rest.indexOf('/');
  return slash < 0
    ? { kind: KINDS[kind]!, value: rest, path: '' }
    : { kind: KINDS[kind]!, value: rest.slice(0, slash), path: rest.slice(slash) };
}

export function taggedApp(appId: string, tag: Tag, ...rules: RuleText[]): TaggedApp {
  return { appId, tag, entry: { name: appId.toUpperCase(), rules: rules.map(ruleOf) } };
}
