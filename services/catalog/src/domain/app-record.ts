import type { AiKind, AppCategory, MatchRuleKind, MatchRuleUse } from '#contracts';

/** A match rule as data. `path` is empty but for path rules. */
export interface Rule {
  readonly kind: MatchRuleKind;
  readonly value: string;
  readonly path: string;
  /** Absent: what people open, or not told apart. */
  readonly use?: MatchRuleUse;
}

/** A known fact: the canonical text of the value, who says so, and when (YYYY-MM-DD). */
export interface Fact {
  readonly factorId: string;
  readonly value: string;
  readonly source: string;
  readonly observedOn: string;
}

/** What the catalog knows of an app, before it is scored. */
export interface AppRecord {
  readonly id: string;
  readonly name: string;
  readonly category: AppCategory;
  readonly aiKind: AiKind;
  readonly generativeAi: boolean;
  readonly vendor: string;
  readonly homepage: string;
  readonly description: string;
  readonly rules: readonly Rule[];
  readonly facts: readonly Fact[];
}

/** An app with its score; `undefined` = unscored. */
export interface ScoredApp extends AppRecord {
  readonly score: number | undefined;
  readonly confidence: number;
}
