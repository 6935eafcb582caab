import { MatchRuleKind } from '#contracts';
import type { AppRule } from '../src/index.js';

/** The definition of matching, one rule at a time: the oracle for the index. */
export function naiveMatch(rules: readonly AppRule[], host: string, path?: string): AppRule | undefined {
  let best: { target: AppRule; rank: number[] } | undefined;
  for (const target of rules) {
    const rank = specificity(target, host, path);
    if (rank && (!best || isMore(rank, best.rank))) best = { target, rank };
  }
  return best?.target;
}

function specificity({ rule }: AppRule, host: string, path: string | undefined): number[] | undefined {
  const below = host.endsWith(`.${rule.value}`);
  const labels = rule.value.split('.').length;
  const prefix = rule.path.replace(/\/$/, '');
  switch (rule.kind) {
    case MatchRuleKind.PATH:
      return host === rule.value && path !== undefined && (path === prefix || path.startsWith(`${prefix}/`))
        ? [3, prefix.length, 0]
        : undefined;
    case MatchRuleKind.HOST:
      return host === rule.value ? [2, 0, 0] : undefined;
    case MatchRuleKind.SUFFIX:
      return below ? [1, labels, 1] : undefined;
    case MatchRuleKind.DOMAIN:
      return below || host === rule.value ? [1, labels, 0] : undefined;
    default:
      return undefined;
  }
}

function isMore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, position) => value !== b[position]);
  return at >= 0 && (a[at] as number) > (b[at] as number);
}
