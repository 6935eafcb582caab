/** Which times are believed: microseconds since 1970, both ends included. */
export interface TimeBounds {
  readonly earliestMicros: number;
  readonly latestMicros: number;
}

const MICROS_PER_DAY = 86_400_000_000;
/** 1990-01-01. */
const EARLIEST_IN_FILES = 631_152_000_000_000;
/** Past 100,000,000,000 a number of seconds would lie in the year 5138: it is milliseconds. */
const LEAST_MILLIS = 1e11;

/** For events that an agent sends: at most 90 days old and at most one day ahead of the receiver's clock. */
export function agentBounds(nowMicros: number): TimeBounds {
  return { earliestMicros: nowMicros - 90 * MICROS_PER_DAY, latestMicros: nowMicros + MICROS_PER_DAY };
}

/** For lines of a log file, which may be any age: usage is counted on the day it happened. */
export function fileBounds(receivedMicros: number): TimeBounds {
  return { earliestMicros: EARLIEST_IN_FILES, latestMicros: receivedMicros + MICROS_PER_DAY };
}

/** Why a time is not believed; undefined where it is. */
export function timeProblem(micros: number, bounds: TimeBounds): string | undefined {
  if (Number.isNaN(micros)) return 'not a time';
  if (micros < bounds.earliestMicros) return 'too long ago';
  return micros > bounds.latestMicros ? 'in the future' : undefined;
}

/** A time as seconds (or milliseconds) since 1970, as a number or decimal text. NaN where it is none. */
export function epochMicros(value: number | string): number {
  if (typeof value === 'string' && !/^\d{1,13}(\.\d{1,9})?$/.test(value)) return Number.NaN;
  const number = Number(value);
  return Math.round(number >= LEAST_MILLIS ? number * 1e3 : number * 1e6);
}

const ISO = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i;

/** A time in RFC 3339. NaN where it is none. */
export function isoMicros(text: string): number {
  const match = ISO.exec(text);
  if (!match) return Number.NaN;
  const fraction = (match[2] ?? '').slice(0, 6).padEnd(6, '0');
  return Date.parse(`${match[1]}${match[3]}`) * 1e3 + Number(fraction);
}

/** RFC 3339 text, or a number of seconds or milliseconds since 1970. NaN for anything else. */
export function anyMicros(value: unknown): number {
  if (typeof value === 'number') return epochMicros(value);
  if (typeof value !== 'string') return Number.NaN;
  const iso = isoMicros(value);
  return Number.isNaN(iso) ? epochMicros(value) : iso;
}
