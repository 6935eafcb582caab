import { AppChangeKind } from '#contracts';
import type { Fact, Rule, ScoredApp } from './app-record.js';
import { writeRule } from './rule-normalise.js';

/** What moved between two states of an app; empty where nothing did. Without a state before, it was created. */
export function changesOf(before: ScoredApp | undefined, after: ScoredApp): AppChangeKind[] {
  if (!before) return [AppChangeKind.CREATED];
  const moved: readonly (readonly [AppChangeKind, boolean])[] = [
    // Where only the score is another one, rules and facts are the same objects.
    [AppChangeKind.RULES, before.rules !== after.rules && rulesText(before.rules) !== rulesText(after.rules)],
    [AppChangeKind.FACTORS, before.facts !== after.facts && factsText(before.facts) !== factsText(after.facts)],
    [AppChangeKind.SCORE, before.score !== after.score || before.confidence !== after.confidence],
    [AppChangeKind.CATEGORY, before.category !== after.category || before.aiKind !== after.aiKind],
    [AppChangeKind.GENERATIVE_AI, before.generativeAi !== after.generativeAi],
    [AppChangeKind.DETAILS, detailsText(before) !== detailsText(after)],
  ];
  return moved.filter(([, changed]) => changed).map(([kind]) => kind);
}

function rulesText(rules: readonly Rule[]): string {
  return rules.map(writeRule).sort().join('\n');
}

function factsText(facts: readonly Fact[]): string {
  const rows = facts.map(({ factorId, value, source, observedOn }) =>
    JSON.stringify([factorId, value, source, observedOn]),
  );
  return rows.sort().join('\n');
}

function detailsText({ name, vendor, homepage, description }: ScoredApp): string {
  return JSON.stringify([name, vendor, homepage, description]);
}
