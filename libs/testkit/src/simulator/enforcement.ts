import { BlockAction, DomainRuleKind, type DomainRule } from '#contracts';

export type BrowseOutcome = 'allowed' | 'blocked' | 'warned';

/** What a device does with a host: the strongest of all rules that reach it. */
export class Enforcement {
  private readonly hosts = new Map<string, BlockAction>();
  private readonly below = new Map<string, BlockAction>();

  constructor(rules: readonly DomainRule[]) {
    for (const { kind, value, action } of rules) {
      if (kind !== DomainRuleKind.SUFFIX) this.hosts.set(value, action);
      if (kind !== DomainRuleKind.HOST) this.below.set(value, action);
    }
  }

  /** @param host in any case, with or without a trailing dot */
  outcomeOf(host: string): BrowseOutcome {
    const labels = host.toLowerCase().replace(/\.$/, '').split('.');
    const actions = new Set([this.hosts.get(labels.join('.'))]);
    for (let i = 1; i < labels.length; i++) actions.add(this.below.get(labels.slice(i).join('.')));
    if (actions.has(BlockAction.BLOCK)) return 'blocked';
    return actions.has(BlockAction.WARN) ? 'warned' : 'allowed';
  }
}
