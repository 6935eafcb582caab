import type { Rule } from './app-record.js';
import { ruleKey, writeRule } from './rule-normalise.js';

/** Two apps that claim the same rule. */
export interface RuleConflict {
  /** The text of the rule. */
  readonly rule: string;
  readonly appIds: readonly [string, string];
}

/** Every rule that more than one app claims, once for each later claim. */
export function findConflicts(apps: Iterable<{ id: string; rules: readonly Rule[] }>): RuleConflict[] {
  const owners = new Map<string, string>();
  const conflicts: RuleConflict[] = [];
  for (const app of apps) {
    for (const rule of app.rules) {
      const key = ruleKey(rule);
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, app.id);
      else if (owner !== app.id) conflicts.push({ rule: writeRule(rule), appIds: [owner, app.id] });
    }
  }
  return conflicts;
}
