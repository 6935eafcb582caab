import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 200;
const CAP_MS = 15_000;

/**
 * How long to wait before the next try, in milliseconds. The random part comes on top of the cap: under it, a fleet that
 * was cut off for a while would come back all at once.
 *
 * @param failures how many tries have failed in a row, from 1
 * @param retryAfterSeconds what the server asked for, which is waited for at least
 */
export function backoff(failures: number, retryAfterSeconds = 0, random: () => number = Math.random): number {
  const exponential = Math.min(CAP_MS, FIRST_MS * 2 ** (failures - 1));
  const least = Math.max(exponential, retryAfterSeconds * 1_000);
  return least + least * 0.5 * random();
}

/** The seconds of a Retry-After header; 0 where there is none that can be read. */
export function retryAfterOf(answer: Response): number {
  const seconds = Number(answer.headers.get('retry-after') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}

/** Waits, or ends early without an error when the signal says so. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
