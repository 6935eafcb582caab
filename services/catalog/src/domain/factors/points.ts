import type { FactorDefinition, Knot } from './definition.js';
import { NOT_APPLICABLE } from './value.js';

const DAYS_PER_YEAR = 365.25;

/**
 * What a value of a factor is worth, 0 to 10; undefined where it is not scored.
 *
 * @param observedOn the day the value was observed, YYYY-MM-DD: ages are counted up to it
 */
export function pointsOf(factor: FactorDefinition, value: string, observedOn: string): number | undefined {
  const { scale } = factor;
  if (value === NOT_APPLICABLE) return factor.notApplicable === 'zero' && scale.kind !== 'descriptive' ? 0 : undefined;
  switch (scale.kind) {
    case 'descriptive':
      return undefined;
    case 'values':
      return lookUp(scale.points, value);
    case 'best':
      return best(value.split(',').map((item) => lookUp(scale.points, item)));
    case 'present':
      return value === 'none' ? 0 : scale.points;
    case 'number':
      return onCurve(scale.knots, Number(value));
    case 'age':
      return onCurve(scale.knots, yearsBetween(factor.type === 'year' ? `${value}-07-01` : value, observedOn));
  }
}

function lookUp(points: Readonly<Record<string, number>>, value: string): number | undefined {
  return Object.hasOwn(points, value) ? points[value] : undefined;
}

function best(points: readonly (number | undefined)[]): number | undefined {
  const known = points.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

function yearsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / (DAYS_PER_YEAR * 86_400_000);
}

function onCurve(knots: readonly Knot[], at: number): number | undefined {
  const first = knots[0];
  const last = knots.at(-1);
  if (!first || !last || !Number.isFinite(at)) return undefined;
  if (at <= first[0]) return first[1];
  if (at >= last[0]) return last[1];
  const next = knots.findIndex(([x]) => x >= at);
  const [x0, y0] = knots[next - 1] as Knot;
  const [x1, y1] = knots[next] as Knot;
  return y0 + ((at - x0) / (x1 - x0)) * (y1 - y0);
}
