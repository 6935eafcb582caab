import { PolicyScope, type AppFilter, type Tag } from '#contracts';
import type { AppFacts } from './app-facts.js';
import { sameList } from './decision.js';
import { compileFilter, type Matcher } from './filter.js';

/** What is needed of a policy to tell which apps it matches. */
export interface PolicyRule {
  readonly policyId: string;
  readonly filter: AppFilter;
  readonly scope: PolicyScope;
  readonly enabled: boolean;
}

/** An app as one tenant sees it. */
export interface Subject {
  readonly app: AppFacts;
  readonly discovered: boolean;
  /** The tag set by hand. */
  readonly manualTag: Tag;
}

/** Tells whether the policy matches: the values that did, or undefined. A disabled policy matches nothing. */
export function compilePolicy(rule: PolicyRule): (subject: Subject) => string[] | undefined {
  if (!rule.enabled) return () => undefined;
  const matches: Matcher = compileFilter(rule.filter);
  const everyApp = rule.scope === PolicyScope.CATALOG;
  return ({ app, discovered, manualTag }) => (everyApp || discovered ? matches(app, manualTag) : undefined);
}

/** The difference between the matches that are stored and those that hold now, by a key of the caller's choice. */
export interface MatchChanges {
  readonly found: readonly string[];
  /** Matched before and now, by other values. */
  readonly revalued: readonly string[];
  readonly lost: readonly string[];
}

export function compareMatches(
  stored: ReadonlyMap<string, readonly string[]>,
  wanted: ReadonlyMap<string, readonly string[]>,
): MatchChanges {
  const found: string[] = [];
  const revalued: string[] = [];
  for (const [key, values] of wanted) {
    const before = stored.get(key);
    if (!before) found.push(key);
    else if (!sameList(before, values)) revalued.push(key);
  }
  return { found, revalued, lost: [...stored.keys()].filter((key) => !wanted.has(key)) };
}
