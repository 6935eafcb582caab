import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 60_000;
const PAUSE_MS = 100;

/** Asks until the answer is there, with a pause of so many milliseconds. @throws Error where it is not within a minute */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  pauseMs = PAUSE_MS,
): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${WAIT_MS / 1000} s in vain for ${what}.`);
    await sleep(pauseMs);
  }
}
