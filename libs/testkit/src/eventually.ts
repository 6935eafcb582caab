import { setTimeout as sleep } from 'node:timers/promises';

/** Runs a check until it passes, and answers what it returned; throws its last error after `timeoutMs`. */
export async function eventually<T>(check: () => Promise<T> | T, options: { timeoutMs?: number } = {}): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 10_000);
  for (let wait = 5; ; wait = Math.min(wait * 2, 200)) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(wait);
    }
  }
}
