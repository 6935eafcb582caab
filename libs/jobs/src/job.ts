/** A kind of job: its name within its service, and how it is tried. `Data` must survive JSON. */
export interface JobKind<Data> {
  readonly name: string;
  /** How often it is tried before it is given up and kept among the failed ones. */
  readonly attempts: number;
  /** How long it waits after the first failure, in milliseconds; doubles with each one. */
  readonly backoffMs: number;
  /** Only for the type. */
  readonly data?: Data;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Declares a kind of job. Every process that enqueues or works on it uses the same declaration. */
export function defineJob<Data>(name: string, options: { attempts?: number; backoffMs?: number } = {}): JobKind<Data> {
  if (!NAME.test(name))
    throw new Error(`"${name}" cannot be the name of a job: lower-case words joined by hyphens can.`);
  return { name, attempts: options.attempts ?? 5, backoffMs: options.backoffMs ?? 1_000 };
}

/** What a job is told besides its data. */
export interface JobContext {
  /** Counts up from 1. */
  readonly attempt: number;
  /** Whether another attempt will follow if this one fails. */
  readonly isLastAttempt: boolean;
}

/** When a scheduled job is due: at a steady interval, or at the times of a five-field cron expression, in UTC. */
export type Schedule = { readonly everyMs: number } | { readonly cron: string };
