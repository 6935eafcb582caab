import type { FactorGroup } from '#contracts';

/** How much a factor or a group counts: ignored, low, medium (the default), high, very high. */
export type Importance = 0 | 1 | 2 | 4 | 8;

/** A point of a curve: a number and the points, 0 to 10, that it is worth. */
export type Knot = readonly [at: number, points: number];

/**
 * How a value becomes points, 0 (worst) to 10 (best).
 *
 * - `descriptive`: never scored.
 * - `values`: a table; a value that is not in it is not scored.
 * - `best`: a comma-separated list; the best of the table counts.
 * - `present`: any value is worth the points, except `none`, which is worth 0.
 * - `number`: a curve over the number, straight between its knots, flat beyond them.
 * - `age`: a curve over the years from the date (or year) of the value to the day it was observed, so that a score
 *   does not change by itself.
 */
export type Scale =
  | { readonly kind: 'descriptive' }
  | { readonly kind: 'values'; readonly points: Readonly<Record<string, number>> }
  | { readonly kind: 'best'; readonly points: Readonly<Record<string, number>> }
  | { readonly kind: 'present'; readonly points: number }
  | { readonly kind: 'number'; readonly knots: readonly Knot[] }
  | { readonly kind: 'age'; readonly knots: readonly Knot[] };

/** A field of the app's own record that a factor shows: who it is, which is described and not scored. */
export type AppField = 'name' | 'description' | 'category' | 'vendor' | 'homepage' | 'domains';

/** What a number counts, or what the curve of an age is over. */
export type Unit = 'days' | 'years' | 'people' | 'accounts' | 'lists';

/** What the text of a value looks like; `list` is comma-separated, `country` an ISO 3166 alpha-2 code. */
export type FactorType = 'bool' | 'choice' | 'list' | 'number' | 'year' | 'date' | 'country' | 'url' | 'text';

/** One risk factor. To add a factor, add one of these to the file of its group. */
export interface FactorDefinition {
  /** Stable, lower case with dashes. */
  readonly id: string;
  readonly name: string;
  readonly group: FactorGroup;
  /** What it means, for an admin. */
  readonly description: string;
  readonly type: FactorType;
  /** With `choice`, and with `list` where closed: the values there are. */
  readonly choices?: readonly string[];
  /** With `number`, `year` and `date`: what is counted. */
  readonly unit?: Unit;
  /** Set where the value is read from the app's record: no list of facts may state it. */
  readonly field?: AppField;
  readonly scale: Scale;
  readonly importance: Importance;
  /** Counts only beside others: an app of which nothing else is known stays unscored. */
  readonly supporting: boolean;
  /** Whether `n/a` is left out of the mean or counts as 0. */
  readonly notApplicable: 'left-out' | 'zero';
}

type Spec = Pick<FactorDefinition, 'id' | 'name' | 'description'> & {
  importance?: Importance;
  supporting?: boolean;
  unit?: Unit;
  notApplicable?: FactorDefinition['notApplicable'];
};

const DESCRIPTIVE: Scale = { kind: 'descriptive' };

/** Builders that fill in the defaults of a group: medium importance, `n/a` left out. */
export function factorsOf(group: FactorGroup) {
  const define = (spec: Spec, type: FactorType, scale: Scale, choices?: readonly string[]): FactorDefinition => ({
    importance: scale.kind === 'descriptive' ? 0 : 2,
    supporting: false,
    notApplicable: 'left-out',
    ...spec,
    group,
    type,
    scale,
    ...(choices && { choices }),
  });
  return {
    /** True is worth 10, false 0. */
    good: (spec: Spec) => define(spec, 'bool', { kind: 'values', points: { true: 10, false: 0 } }),
    /** True is worth 0, false 10. */
    bad: (spec: Spec) => define(spec, 'bool', { kind: 'values', points: { true: 0, false: 10 } }),
    /** A yes or no with points of its own. */
    flag: (spec: Spec, points: { true?: number; false?: number }) =>
      define(spec, 'bool', { kind: 'values', points: points }),
    choice: (spec: Spec, points: Readonly<Record<string, number>>, unscored: readonly string[] = []) =>
      define(spec, 'choice', { kind: 'values', points }, [...Object.keys(points), ...unscored]),
    bestOf: (spec: Spec, points: Readonly<Record<string, number>>) =>
      define(spec, 'list', { kind: 'best', points }, Object.keys(points)),
    page: (spec: Spec) => define(spec, 'url', { kind: 'present', points: 10 }),
    amount: (spec: Spec & { unit: Unit }, knots: readonly Knot[]) => define(spec, 'number', { kind: 'number', knots }),
    age: (spec: Spec, type: 'date' | 'year', knots: readonly Knot[]) =>
      define({ unit: 'years', ...spec }, type, { kind: 'age', knots }),
    fact: (spec: Spec, type: FactorType) => define(spec, type, DESCRIPTIVE),
    /** A list or choice that is described and not scored. */
    kinds: (spec: Spec, type: 'list' | 'choice', choices: readonly string[]) =>
      define(spec, type, DESCRIPTIVE, choices),
    /** A field of the app's record. */
    identity: (spec: Spec, type: FactorType, field: AppField) => ({ ...define(spec, type, DESCRIPTIVE), field }),
  };
}
