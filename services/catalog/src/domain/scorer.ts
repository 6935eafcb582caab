import { FactorGroup } from '#contracts';
import type { Fact } from './app-record.js';
import type { FactorDefinition } from './factors/definition.js';
import { pointsOf } from './factors/points.js';
import { DEFAULT_GROUP_WEIGHT, GROUPS, type Weights } from './score.js';

/** What an app scores; `score` is undefined where nothing is known that counts by itself. */
export interface Score {
  readonly score: number | undefined;
  readonly confidence: number;
}

/** One factor as it holds under the weights. */
interface Term {
  readonly factor: FactorDefinition;
  /** Place in `GROUPS`. */
  readonly group: number;
  readonly weight: number;
}

/** The weight of everything that could be known, by place in `GROUPS`. */
interface Full {
  readonly all: Float64Array;
  /** Where only supporting factors are known: they weigh nothing. */
  readonly withoutSupport: Float64Array;
}

const AI = GROUPS.indexOf(FactorGroup.AI);
const UNSCORED = Number.NaN;

/**
 * Scores many apps under the same weights: the same numbers as `explain`, to the last bit, without the parts. What an
 * app costs depends on what is known of it, not on how many factors there are; so a catalog is scored again in a
 * fraction of a second. Not for two callers at the same time: it keeps its working space.
 */
export class Scorer {
  private readonly terms: readonly Term[];
  private readonly places: ReadonlyMap<string, number>;
  private readonly groupWeights: Float64Array;
  private readonly full: Full;
  private readonly points: Float64Array;
  private readonly known = new Float64Array(GROUPS.length);
  private readonly shares = new Float64Array(GROUPS.length);

  constructor(definitions: readonly FactorDefinition[], weights: Weights = {}) {
    this.terms = definitions.map((factor) => termOf(factor, weights));
    this.places = new Map(definitions.map((factor, place) => [factor.id, place]));
    this.groupWeights = Float64Array.from(GROUPS, (group) => weights.groups?.get(group) ?? DEFAULT_GROUP_WEIGHT);
    this.full = { all: fullWeights(this.terms, () => true), withoutSupport: fullWeights(this.terms, unsupporting) };
    this.points = new Float64Array(definitions.length);
  }

  score(facts: readonly Fact[], generativeAi: boolean): Score {
    const asked = this.place(facts, generativeAi);
    const carried = asked.some((place) => this.carries(place));
    const counting = carried ? asked : asked.filter((place) => !this.terms[place]!.factor.supporting);
    this.known.fill(0);
    for (const place of counting) {
      const { group, weight } = this.terms[place]!;
      if (!Number.isNaN(this.points[place]!) && this.groupWeights[group]! > 0) this.known[group]! += weight;
    }
    return { score: this.total(counting), confidence: this.confidence(generativeAi, carried) };
  }

  /** Notes what each known value is worth. @returns the places of the factors, in the order of the definitions */
  private place(facts: readonly Fact[], generativeAi: boolean): number[] {
    const asked: number[] = [];
    for (const { factorId, value, observedOn } of facts) {
      const place = this.places.get(factorId);
      if (place === undefined) continue;
      const { factor, group } = this.terms[place]!;
      if (group === AI && !generativeAi) continue;
      // A later fact takes the place of an earlier one of the same factor.
      if (!asked.includes(place)) asked.push(place);
      this.points[place] = pointsOf(factor, value, observedOn) ?? UNSCORED;
    }
    return asked.sort((a, b) => a - b);
  }

  /** Whether the factor makes a score by itself. */
  private carries(place: number): boolean {
    const { factor, group, weight } = this.terms[place]!;
    return !factor.supporting && weight > 0 && this.groupWeights[group]! > 0 && !Number.isNaN(this.points[place]!);
  }

  private total(counting: readonly number[]): number | undefined {
    let total = 0;
    for (let group = 0; group < GROUPS.length; group++) if (this.known[group]! > 0) total += this.groupWeights[group]!;
    if (total === 0) return undefined;
    for (let group = 0; group < GROUPS.length; group++) {
      this.shares[group] = this.known[group]! > 0 ? this.groupWeights[group]! / total / this.known[group]! : 0;
    }
    let score = 0;
    for (const place of counting) {
      const points = this.points[place]!;
      const { group, weight } = this.terms[place]!;
      if (!Number.isNaN(points)) score += points * weight * this.shares[group]!;
    }
    return Math.min(10, score);
  }

  private confidence(generativeAi: boolean, carried: boolean): number {
    const full = carried ? this.full.all : this.full.withoutSupport;
    let asked = 0;
    let known = 0;
    for (let group = 0; group < GROUPS.length; group++) {
      const weight = this.groupWeights[group]!;
      if (weight === 0 || full[group] === 0 || (group === AI && !generativeAi)) continue;
      asked += weight;
      known += (weight * this.known[group]!) / full[group]!;
    }
    return asked > 0 ? known / asked : 0;
  }
}

function termOf(factor: FactorDefinition, { factors, notApplicable }: Weights): Term {
  const settled = notApplicable?.get(factor.id) ?? factor.notApplicable;
  return {
    factor: settled === factor.notApplicable ? factor : { ...factor, notApplicable: settled },
    group: GROUPS.indexOf(factor.group),
    weight: factors?.get(factor.id) ?? factor.importance,
  };
}

function fullWeights(terms: readonly Term[], counts: (factor: FactorDefinition) => boolean): Float64Array {
  const full = new Float64Array(GROUPS.length);
  for (const { factor, group, weight } of terms) {
    if (factor.scale.kind !== 'descriptive' && counts(factor)) full[group]! += weight;
  }
  return full;
}

function unsupporting(factor: FactorDefinition): boolean {
  return !factor.supporting;
}
