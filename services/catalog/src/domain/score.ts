import { FactorGroup } from '#contracts';
import type { Fact } from './app-record.js';
import type { FactorDefinition, Importance } from './factors/definition.js';
import { pointsOf } from './factors/points.js';

/** What differs from the definitions: importances by factor id and by group, and what becomes of `n/a` by factor id. */
export interface Weights {
  readonly factors?: ReadonlyMap<string, Importance>;
  /** Medium unless said otherwise. */
  readonly groups?: ReadonlyMap<FactorGroup, Importance>;
  readonly notApplicable?: ReadonlyMap<string, FactorDefinition['notApplicable']>;
}

/** One factor's part in a score; `points` is undefined where the factor is unknown or not scored. */
export interface FactorPart {
  readonly factor: FactorDefinition;
  readonly fact: Fact | undefined;
  readonly points: number | undefined;
  readonly weight: number;
  readonly contribution: number;
}

export interface GroupPart {
  readonly group: FactorGroup;
  readonly score: number | undefined;
  readonly weight: number;
}

export interface Explanation {
  /** 0 to 10; undefined = unscored: nothing is known that counts by itself. */
  readonly score: number | undefined;
  /** The share of the weight that is known, 0 to 1. */
  readonly confidence: number;
  readonly groups: readonly GroupPart[];
  readonly factors: readonly FactorPart[];
}

export const GROUPS: readonly FactorGroup[] = [
  FactorGroup.GENERAL,
  FactorGroup.SECURITY,
  FactorGroup.COMPLIANCE,
  FactorGroup.LEGAL,
  FactorGroup.AI,
];
export const DEFAULT_GROUP_WEIGHT: Importance = 2;

/**
 * Scores an app and shows every part of the sum.
 *
 * The subscore of a group is the weighted mean of the points of its known factors, the score the weighted mean of the
 * subscores of the groups in which something is known (after the cloud app score that Microsoft Defender documents).
 * Unknown counts neither way. The AI group does not exist for an app without generative AI. Supporting factors weigh
 * nothing where only they are known: how famous an app is says nothing yet about how it treats data.
 */
export function explain(
  definitions: readonly FactorDefinition[],
  facts: readonly Fact[],
  generativeAi: boolean,
  weights: Weights = {},
): Explanation {
  const known = new Map(facts.map((fact) => [fact.factorId, fact]));
  const asked = definitions.filter((factor) => generativeAi || factor.group !== FactorGroup.AI);
  const parts = withoutLoneSupport(
    asked.map((factor) => valued(underWeights(factor, weights), known.get(factor.id), weights)),
    weights,
  );
  const groups = GROUPS.filter((group) => parts.some((part) => part.factor.group === group)).map((group) =>
    summed(group, parts, groupWeight(group, weights)),
  );
  const counting = groups.filter((group) => group.knownWeight > 0);
  const total = sum(counting.map((group) => group.weight));
  const shares = new Map(counting.map((group) => [group.group, group.weight / total / group.knownWeight]));
  const factors = parts.map((part) => ({
    ...part,
    contribution: part.points === undefined ? 0 : part.points * part.weight * (shares.get(part.factor.group) ?? 0),
  }));
  return {
    score: total > 0 ? Math.min(10, sum(factors.map((part) => part.contribution))) : undefined,
    confidence: confidenceOf(groups),
    groups: groups.map(({ group, score, weight }) => ({ group, score, weight })),
    factors,
  };
}

/** The definition as it holds under the weights. */
function underWeights(factor: FactorDefinition, { notApplicable }: Weights): FactorDefinition {
  const settled = notApplicable?.get(factor.id);
  return settled === undefined || settled === factor.notApplicable ? factor : { ...factor, notApplicable: settled };
}

type Valued = Omit<FactorPart, 'contribution'>;

function valued(factor: FactorDefinition, fact: Fact | undefined, weights: Weights): Valued {
  const points = fact && pointsOf(factor, fact.value, fact.observedOn);
  return { factor, fact, points, weight: weights.factors?.get(factor.id) ?? factor.importance };
}

function withoutLoneSupport(parts: readonly Valued[], weights: Weights): readonly Valued[] {
  const carried = parts.some(
    ({ factor, points, weight }) =>
      !factor.supporting && points !== undefined && weight > 0 && groupWeight(factor.group, weights) > 0,
  );
  return carried ? parts : parts.map((part) => (part.factor.supporting ? { ...part, weight: 0 } : part));
}

function groupWeight(group: FactorGroup, weights: Weights): number {
  return weights.groups?.get(group) ?? DEFAULT_GROUP_WEIGHT;
}

function summed(group: FactorGroup, parts: readonly Valued[], weight: number) {
  const own = parts.filter((part) => part.factor.group === group && part.factor.scale.kind !== 'descriptive');
  const scored = own.filter((part) => part.points !== undefined && part.weight > 0);
  const knownWeight = weight > 0 ? sum(scored.map((part) => part.weight)) : 0;
  const score = knownWeight > 0 ? sum(scored.map((part) => part.weight * (part.points ?? 0))) / knownWeight : undefined;
  return { group, score, weight, knownWeight, fullWeight: sum(own.map((part) => part.weight)) };
}

function confidenceOf(groups: readonly { weight: number; knownWeight: number; fullWeight: number }[]): number {
  const asked = groups.filter((group) => group.weight > 0 && group.fullWeight > 0);
  const full = sum(asked.map((group) => group.weight));
  const known = sum(asked.map((group) => (group.weight * group.knownWeight) / group.fullWeight));
  return full > 0 ? known / full : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
