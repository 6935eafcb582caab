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

const ZERO = 48;
const FRACTION_UNITS = [100_000, 10_000, 1_000, 100, 10, 1];

/** A time in RFC 3339. NaN where it is none. Written out by hand: it is read for every event. */
export function isoMicros(text: string): number {
  const dashes = text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45;
  const between = text.charCodeAt(10) | 32;
  if (!dashes || (between !== 116 && between !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return Number.NaN;
  const [month, day] = [numberAt(text, 5, 7), numberAt(text, 8, 10)];
  const [hour, minute, second] = [numberAt(text, 11, 13), numberAt(text, 14, 16), numberAt(text, 17, 19)];
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60 && second < 60))
    return Number.NaN;
  const millis = Date.UTC(numberAt(text, 0, 4), month - 1, day, hour, minute, second);
  if (day > 28 && new Date(millis).getUTCDate() !== day) return Number.NaN;
  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === 46) {
    const start = (at += 1);
    for (let digit = text.charCodeAt(at) - ZERO; digit >= 0 && digit <= 9; digit = text.charCodeAt((at += 1)) - ZERO) {
      fraction += digit * (FRACTION_UNITS[at - start] ?? 0);
    }
    if (at === start || at - start > 9) return Number.NaN;
  }
  return millis * 1e3 + fraction - offsetMicros(text, at);
}

/** How far the zone at the end of a time is ahead of UTC. NaN where there is no zone. */
function offsetMicros(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  if ((sign | 32) === 122) return text.length === at + 1 ? 0 : Number.NaN;
  if ((sign !== 43 && sign !== 45) || text.length !== at + 6 || text.charCodeAt(at + 3) !== 58) return Number.NaN;
  const minutes = numberAt(text, at + 1, at + 3) * 60 + numberAt(text, at + 4, at + 6);
  return (sign === 45 ? -minutes : minutes) * 60_000_000;
}

function numberAt(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** RFC 3339 text, or a number of seconds or milliseconds since 1970. NaN for anything else. */
export function anyMicros(value: unknown): number {
  if (typeof value === 'number') return epochMicros(value);
  if (typeof value !== 'string') return Number.NaN;
  const iso = isoMicros(value);
  return Number.isNaN(iso) ? epochMicros(value) : iso;
}
