import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AppSchema, FactorValueSchema, MatchRuleSchema, type App, type MatchRule } from '#contracts';
import type { Rule, ScoredApp } from './app-record.js';

/** What a stored app carries beside its content. */
export interface AppStanding {
  /** The owner of a custom app; empty for the global catalog. */
  readonly tenantId: string;
  readonly version: bigint;
  readonly updatedAt: Date;
  /** Where a tenant set the score by hand: why. */
  readonly scoreOverrideReason?: string;
  readonly scoreOverrideExpiresAt?: Date | undefined;
  /** Whether the tenant's own weights made the score. */
  readonly scoredByOwnWeights?: boolean;
  /** Where the score is the tenant's own: the one everybody else sees. */
  readonly catalogScore?: number | undefined;
}

export function asMatchRule(rule: Rule): MatchRule {
  return create(MatchRuleSchema, { kind: rule.kind, value: rule.value, path: rule.path, use: rule.use });
}

/** The app as the other services see it. */
export function asApp(app: ScoredApp, standing: AppStanding): App {
  const { id, name, category, aiKind, generativeAi, vendor, homepage, description, score, confidence } = app;
  return create(AppSchema, {
    ...{ id, name, category, aiKind, generativeAi, vendor, homepage, description, score, confidence },
    rules: app.rules.map(asMatchRule),
    factors: app.facts.map((fact) => create(FactorValueSchema, { ...fact })),
    tenantId: standing.tenantId,
    version: standing.version,
    updatedAt: timestampFromDate(standing.updatedAt),
    scoreOverrideReason: standing.scoreOverrideReason ?? '',
    scoreOverrideExpiresAt: standing.scoreOverrideExpiresAt && timestampFromDate(standing.scoreOverrideExpiresAt),
    scoredByOwnWeights: standing.scoredByOwnWeights ?? false,
    catalogScore: standing.catalogScore,
  });
}
