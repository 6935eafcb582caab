import { DomainRuleKind, type DomainRule } from '#contracts';
import { ancestors } from './host-name.js';
import { strength } from './rule-set.js';

/** Finds the rule that a device applies to a host: the strongest that reaches it; of equal ones the longest name. */
export class RuleIndex {
  private readonly exact = new Map<string, DomainRule>();
  private readonly below = new Map<string, DomainRule>();

  constructor(rules: readonly DomainRule[]) {
    for (const rule of rules) {
      if (rule.kind !== DomainRuleKind.SUFFIX) this.exact.set(rule.value, rule);
      if (rule.kind !== DomainRuleKind.HOST) this.below.set(rule.value, rule);
    }
  }

  /** @param host lower case, without a trailing dot */
  find(host: string): DomainRule | undefined {
    let found = this.exact.get(host);
    for (const name of ancestors(host)) {
      const rule = this.below.get(name);
      if (rule && strength(rule.action) > strength(found?.action)) found = rule;
    }
    return found;
  }
}
