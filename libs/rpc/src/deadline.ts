import { AsyncLocalStorage } from 'node:async_hooks';
import { deadlineExceeded } from './rpc.errors.js';

/** When the work in hand must be done, in the time of `performance.now()`. */
const storage = new AsyncLocalStorage<number>();

/** Runs `work` with that much time for all the calls it makes. Work that has less time already does not get more. */
export function withDeadline<T>(milliseconds: number, work: () => T): T {
  const deadline = performance.now() + milliseconds;
  return storage.run(Math.min(deadline, storage.getStore() ?? Infinity), work);
}

/** How many milliseconds the work in hand has left, 0 where it is late; undefined where nobody waits for it. */
export function remainingMs(): number | undefined {
  const deadline = storage.getStore();
  return deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
}

/**
 * The answer of `work`, unless the deadline in hand passes first. The work itself is not stopped by that.
 *
 * @throws DomainError `rpc.deadline`
 */
export async function beforeDeadline<T>(contract: string, work: () => Promise<T>): Promise<T> {
  const left = remainingMs();
  if (left === undefined) return work();
  if (left === 0) throw deadlineExceeded(contract);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(deadlineExceeded(contract)), Math.ceil(left));
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
