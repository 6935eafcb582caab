import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';

const storage = new AsyncLocalStorage<string>();

/** A new correlation id. Nothing sorts by it, and every request makes one: so it is the cheapest kind of UUID. */
export function newCorrelationId(): string {
  return randomUUID();
}

/** Runs `work` so that everything it logs, calls and appends carries this correlation id. */
export function withCorrelationId<T>(correlationId: string, work: () => T): T {
  return storage.run(correlationId, work);
}

/** The correlation id of the request or event in hand; a new one outside of any. */
export function correlationId(): string {
  return storage.getStore() ?? newCorrelationId();
}

/** The correlation id in hand, if there is one. */
export function currentCorrelationId(): string | undefined {
  return storage.getStore();
}
