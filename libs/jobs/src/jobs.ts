import type { JobKind } from './job.js';

export interface EnqueueOptions {
  /** The natural key: while a job of this kind and key waits or runs, enqueueing another one does nothing. */
  readonly key: string;
  /** Not before so many milliseconds from now. */
  readonly delayMs?: number;
}

/**
 * Work that is done later or again and again, outside of any request: exports, webhooks, re-signing, cleaning up.
 *
 * A job is done at least once: after a crash it runs again, so it must not matter if it does. What must never be lost is
 * kept in the service's own tables, from which a scheduled job enqueues what is missing; the queue itself may be emptied
 * at any time. Effects of events belong into event handlers, not into jobs.
 */
export abstract class Jobs {
  /** @throws DomainError `jobs.unavailable` */
  abstract enqueue<Data>(kind: JobKind<Data>, data: Data, options: EnqueueOptions): Promise<void>;

  /** How many jobs of this service there are. */
  abstract counts(): Promise<{ waiting: number; delayed: number; active: number; failed: number }>;
}
