import { AsyncLocalStorage } from 'node:async_hooks';
import { newId } from './ids.js';

const storage = new AsyncLocalStorage<string>();

/** Runs `work` so that everything it logs, calls and appends carries this correlation id. */
export function withCorrelationId<T>(correlationId: string, work: () => T): T {
  return storage.run(correlationId, work);
}

/** The correlation id of the request or event in hand; a new one outside of any. */
export function correlationId(): string {
  return storage.getStore() ?? newId();
}

/** The correlation id in hand, if there is one. */
export function currentCorrelationId(): string | undefined {
  return storage.getStore();
}
