import type { FactorGroup } from '#contracts';
import type { FactorDefinition, Importance } from './factors/definition.js';
import { factorById, factors } from './factors/registry.js';
import { DEFAULT_GROUP_WEIGHT, GROUPS, type Weights } from './score.js';

/** What a tenant sets apart from the definitions; what is as defined is not in it. */
export type Weighting = Required<Weights>;

/** A weighting as it is asked for. What it does not name is as defined. */
export interface WeightingDraft {
  readonly groups: readonly { readonly group: FactorGroup; readonly importance: number }[];
  readonly factors: readonly {
    readonly factorId: string;
    readonly importance?: number | undefined;
    /** Whether `n/a` counts as 0. */
    readonly notApplicableAsZero?: boolean | undefined;
  }[];
}

/** What is wrong with a draft: what it is about and the field. */
export interface WeightingProblem {
  readonly subject: string;
  readonly field: string;
  readonly message: string;
}

/** A weighting as it is stored. */
export interface StoredWeighting {
  readonly groups: Readonly<Record<string, Importance>>;
  readonly factors: Readonly<Record<string, Importance>>;
  readonly notApplicable: Readonly<Record<string, FactorDefinition['notApplicable']>>;
}

export const AS_DEFINED: Weighting = { factors: new Map(), groups: new Map(), notApplicable: new Map() };
export const IMPORTANCES: readonly Importance[] = [0, 1, 2, 4, 8];

/** The factors that can be weighed: those whose values are worth points. */
export const weighable: readonly FactorDefinition[] = factors.filter(({ scale }) => scale.kind !== 'descriptive');

/** Checks a draft, or says what is wrong with it first. What it sets to the default is left out. */
export function readWeighting(draft: WeightingDraft): { weighting: Weighting } | { problem: WeightingProblem } {
  const problem = firstProblem(draft);
  if (problem) return { problem };
  const groups = new Map<FactorGroup, Importance>();
  for (const { group, importance } of draft.groups) {
    if (importance !== DEFAULT_GROUP_WEIGHT) groups.set(group, importance as Importance);
  }
  if (GROUPS.every((group) => groups.get(group) === 0)) {
    return { problem: say('groups', 'groups', 'At least one group must count, or no app would have a score.') };
  }
  const own = new Map<string, Importance>();
  const notApplicable = new Map<string, FactorDefinition['notApplicable']>();
  for (const { factorId, importance, notApplicableAsZero } of draft.factors) {
    const factor = factorById.get(factorId) as FactorDefinition;
    if (importance !== undefined && importance !== factor.importance) own.set(factorId, importance as Importance);
    if (notApplicableAsZero === undefined) continue;
    const settled = notApplicableAsZero ? 'zero' : 'left-out';
    if (settled !== factor.notApplicable) notApplicable.set(factorId, settled);
  }
  return { weighting: { groups, factors: own, notApplicable } };
}

export function isAsDefined({ factors: own, groups, notApplicable }: Weighting): boolean {
  return own.size + groups.size + notApplicable.size === 0;
}

/** The same weightings have the same text. */
export function writeWeighting(weighting: Weighting): StoredWeighting {
  return {
    groups: sorted(weighting.groups),
    factors: sorted(weighting.factors),
    notApplicable: sorted(weighting.notApplicable),
  };
}

/** A stored weighting; what it says of factors that there are no more is left out. */
export function weightingOf(stored: StoredWeighting): Weighting {
  const known = <T>(entries: Readonly<Record<string, T>>): Map<string, T> =>
    new Map(Object.entries(entries).filter(([id]) => factorById.has(id)));
  return {
    groups: new Map(Object.entries(stored.groups).map(([group, importance]) => [Number(group), importance])),
    factors: known(stored.factors),
    notApplicable: known(stored.notApplicable),
  };
}

function firstProblem({ groups, factors: drafted }: WeightingDraft): WeightingProblem | undefined {
  for (const [at, { group, importance }] of groups.entries()) {
    const field = `groups.${at}`;
    if (!GROUPS.includes(group)) return say('group', `${field}.group`, 'That is no group of risk factors.');
    if (groups.findIndex((other) => other.group === group) < at)
      return say('group', `${field}.group`, 'The group is named twice.');
    if (!isImportance(importance)) return say('importance', `${field}.importance`, IMPORTANCE_RULE);
  }
  const named = new Set<string>();
  for (const [at, { factorId, importance }] of drafted.entries()) {
    const field = `factors.${at}`;
    const factor = factorById.get(factorId);
    if (!factor) return say('factor', `${field}.factorId`, 'There is no such risk factor.');
    if (factor.scale.kind === 'descriptive')
      return say('factor', `${field}.factorId`, `${factor.name} describes the app and is not scored.`);
    if (named.has(factorId)) return say('factor', `${field}.factorId`, 'The risk factor is named twice.');
    named.add(factorId);
    if (importance !== undefined && !isImportance(importance))
      return say('importance', `${field}.importance`, IMPORTANCE_RULE);
  }
  return undefined;
}

const IMPORTANCE_RULE = 'An importance is 0 (ignored), 1 (low), 2 (medium), 4 (high) or 8 (very high).';

function isImportance(value: number): value is Importance {
  return IMPORTANCES.includes(value as Importance);
}

function say(subject: string, field: string, message: string): WeightingProblem {
  return { subject, field, message };
}

function sorted<T>(entries: ReadonlyMap<string | number, T>): Record<string, T> {
  const rows = [...entries].map(([key, value]) => [String(key), value] as const);
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}
