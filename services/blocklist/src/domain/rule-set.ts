import { create } from '@bufbuild/protobuf';
import { BlockAction, DomainRuleKind, DomainRuleSchema, type DomainRule } from '#contracts';
import type { Claim } from './claim.js';
import { ancestors } from './host-name.js';
import { byText } from './order.js';

/** An action on some hosts and the app it is for. */
export interface Mark {
  readonly action: BlockAction;
  readonly appId: string;
}

interface Node {
  host?: Mark;
  below?: Mark;
}

/** Blocking outranks warning, and both outrank nothing. */
export function strength(action: BlockAction | undefined): number {
  if (action === BlockAction.BLOCK) return 2;
  return action === BlockAction.WARN ? 1 : 0;
}

/**
 * What is to be done with which hosts, as a tree of names. The strongest action that reaches a host holds; of equal
 * ones, the app whose id comes first gives its name.
 */
export class RuleSet {
  private readonly nodes = new Map<string, Node>();

  add(claim: Claim, action: BlockAction): void {
    const node = this.nodes.get(claim.name) ?? {};
    this.nodes.set(claim.name, node);
    const mark = { action, appId: claim.appId };
    if (claim.host) node.host = stronger(node.host, mark);
    if (claim.below) node.below = stronger(node.below, mark);
  }

  /** The strongest mark that reaches exactly this host. */
  markOf(host: string): Mark | undefined {
    return stronger(this.nodes.get(host)?.host, this.inherited(host));
  }

  /** Whether every host of the claim gets this action or a stronger one. */
  covers(claim: Claim, action: BlockAction): boolean {
    const inherited = strength(this.inherited(claim.name)?.action);
    const node = this.nodes.get(claim.name);
    const reaches = (mark: Mark | undefined): boolean =>
      Math.max(inherited, strength(mark?.action)) >= strength(action);
    return (!claim.host || reaches(node?.host)) && (!claim.below || reaches(node?.below));
  }

  /** The fewest rules with the same effect on every host, sorted by name and kind. */
  rules(): DomainRule[] {
    const rules: DomainRule[] = [];
    for (const name of [...this.nodes.keys()].sort(byText)) rules.push(...this.rulesOf(name));
    return rules;
  }

  private rulesOf(name: string): DomainRule[] {
    const node = this.nodes.get(name);
    const inherited = this.inherited(name);
    const host = beyond(node?.host, inherited);
    const below = beyond(node?.below, inherited);
    if (host && below && host.action === below.action) return [ruleOf(DomainRuleKind.DOMAIN, name, host)];
    const rules: DomainRule[] = [];
    if (host) rules.push(ruleOf(DomainRuleKind.HOST, name, host));
    if (below) rules.push(ruleOf(DomainRuleKind.SUFFIX, name, below));
    return rules;
  }

  private inherited(name: string): Mark | undefined {
    let strongest: Mark | undefined;
    for (const above of ancestors(name)) strongest = stronger(strongest, this.nodes.get(above)?.below);
    return strongest;
  }
}

function stronger(a: Mark | undefined, b: Mark | undefined): Mark | undefined {
  if (!a || !b) return a ?? b;
  const difference = strength(a.action) - strength(b.action);
  if (difference !== 0) return difference > 0 ? a : b;
  return byText(a.appId, b.appId) <= 0 ? a : b;
}

function beyond(mark: Mark | undefined, inherited: Mark | undefined): Mark | undefined {
  return strength(mark?.action) > strength(inherited?.action) ? mark : undefined;
}

function ruleOf(kind: DomainRuleKind, value: string, mark: Mark): DomainRule {
  return create(DomainRuleSchema, { kind, value, action: mark.action, appId: mark.appId });
}
