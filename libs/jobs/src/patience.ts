import type { IQueueBackend } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 1_000;

/**
 * Lets a worker pause after a failure to fetch its next job. BullMQ does so itself where the connection was refused, but
 * asks again at once after any other error, such as a Redis that is out of memory: thousands of times a second.
 */
export function withPatience<B extends IQueueBackend>(backend: B): B {
  const fetch = backend.moveToActive.bind(backend);
  backend.moveToActive = async (...args: Parameters<IQueueBackend['moveToActive']>) => {
    try {
      return (await fetch(...args)) as unknown[];
    } catch (error) {
      await delay(PAUSE_MS, undefined, { ref: false });
      throw error;
    }
  };
  return backend;
}
