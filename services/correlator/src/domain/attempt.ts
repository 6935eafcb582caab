import { earlier, later, type Span } from './alert-draft.js';

/** A blocked attempt, or several that were told together. */
export interface Attempt extends Span {
  readonly appId: string;
  readonly count: bigint;
}

export interface Repetition extends Span {
  /** At least so many fell within one window. */
  readonly within: bigint;
  /** How many there were in all, in the stretch from `firstAt` to `lastAt`. */
  readonly total: bigint;
  /** In the order they were first tried. */
  readonly appIds: readonly string[];
}

/** The most attempts that fall within a window of `windowMs` together with the latest one. */
export function busiestWindow(latest: Attempt, before: readonly Attempt[], windowMs: number): Repetition {
  let best = repetitionOf([latest], windowMs);
  for (const { firstAt } of [latest, ...before]) {
    const start = firstAt.getTime();
    const end = start + windowMs;
    if (start > latest.firstAt.getTime() || latest.lastAt.getTime() > end) continue;
    const inside = before.filter((attempt) => attempt.firstAt.getTime() >= start && attempt.lastAt.getTime() <= end);
    const repetition = repetitionOf([...inside, latest], windowMs);
    if (repetition.within > best.within) best = repetition;
  }
  return best;
}

/** Whether any window among these attempts holds as many as `threshold`. */
export function reached(attempts: readonly Attempt[], windowMs: number, threshold: number): boolean {
  return attempts.some((attempt) => {
    const others = attempts.filter((other) => other !== attempt);
    return busiestWindow(attempt, others, windowMs).within >= threshold;
  });
}

function repetitionOf(attempts: readonly Attempt[], windowMs: number): Repetition {
  const ordered = [...attempts].sort((a, b) => a.firstAt.getTime() - b.firstAt.getTime());
  return {
    within: attempts.map((attempt) => surelyWithin(attempt, windowMs)).reduce((a, b) => a + b),
    total: attempts.map(({ count }) => count).reduce((a, b) => a + b),
    firstAt: attempts.map(({ firstAt }) => firstAt).reduce(earlier),
    lastAt: attempts.map(({ lastAt }) => lastAt).reduce(later),
    appIds: [...new Set(ordered.map(({ appId }) => appId))],
  };
}

/**
 * How many attempts that were told together fell within one window for sure: all where the stretch is no longer than
 * it; else, of the windows that cover the stretch, the fullest has at least the average.
 */
function surelyWithin({ firstAt, lastAt, count }: Attempt, windowMs: number): bigint {
  const windows = BigInt(Math.max(1, Math.ceil((lastAt.getTime() - firstAt.getTime()) / windowMs)));
  return (count + windows - 1n) / windows;
}
