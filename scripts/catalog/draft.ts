import { readRule, ruleKey, writeRule } from '../../services/catalog/src/domain/rule-normalise.js';
import type { Rule } from '../../services/catalog/src/domain/app-record.js';
import { isShared } from '../../services/catalog/src/domain/shared-infrastructure.js';
import { MatchRuleKind, MatchRuleUse } from '#contracts';
import type { RawFacts } from './raw-facts.js';

/** An app that is being put together. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly description: string;
  readonly category: string;
  readonly aiKind: string;
  readonly rules: Rule[];
  readonly facts: RawFacts;
  /** The domains whose facts hold for the app, its own first. */
  readonly factDomains: Set<string>;
  /** The public lists that name it. */
  readonly lists: Set<string>;
}

/** The apps so far; no two have an id or a rule in common. */
export class Drafts {
  readonly warnings: string[] = [];
  private readonly drafts = new Map<string, Draft>();
  private readonly owners = new Map<string, Draft>();

  /** @param shared names that no app may claim */
  constructor(readonly shared: ReadonlySet<string> = new Set()) {}

  all(): Draft[] {
    return [...this.drafts.values()].filter((draft) => draft.rules.length > 0);
  }

  has(id: string): boolean {
    return this.drafts.has(id);
  }

  get(id: string): Draft | undefined {
    return this.drafts.get(id);
  }

  /** The app that claims a whole domain or exactly this host. */
  ownerOf(host: string): Draft | undefined {
    return [MatchRuleKind.DOMAIN, MatchRuleKind.HOST]
      .map((kind) => this.owners.get(ruleKey({ kind, value: host, path: '' })))
      .find((owner) => owner !== undefined);
  }

  add(draft: Omit<Draft, 'rules' | 'facts' | 'factDomains' | 'lists'>, rules: readonly string[]): Draft {
    const full: Draft = { ...draft, rules: [], facts: new Map(), factDomains: new Set(), lists: new Set() };
    this.drafts.set(draft.id, full);
    for (const rule of rules) this.claim(full, rule);
    return full;
  }

  /** Gives the app one more rule; says so where it cannot have it. What it has already gets the use that is named. */
  claim(draft: Draft, text: string): void {
    const read = readRule(text);
    if ('refused' in read) {
      this.warnings.push(`${draft.id}: ${read.refused}`);
      return;
    }
    if (isShared(read.rule, this.shared)) {
      this.warnings.push(`${draft.id}: ${writeRule(read.rule)} is shared infrastructure`);
      return;
    }
    const key = ruleKey(read.rule);
    const owner = this.owners.get(key);
    if (owner && owner !== draft) {
      this.warnings.push(`${draft.id}: rule ${writeRule(read.rule)} belongs to ${owner.id}`);
      return;
    }
    this.owners.set(key, draft);
    const at = draft.rules.findIndex((rule) => ruleKey(rule) === key);
    if (at < 0) draft.rules.push(read.rule);
    else if (read.rule.use === MatchRuleUse.API) draft.rules[at] = read.rule;
    if (read.rule.kind === MatchRuleKind.DOMAIN) draft.factDomains.add(read.rule.value);
  }
}
