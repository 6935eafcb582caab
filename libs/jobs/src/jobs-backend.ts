import type { Job, Queue, Worker, WorkerOptions } from 'bullmq';

/** What is on the queue under a job's name. */
export interface Envelope {
  readonly data: unknown;
  readonly correlationId: string;
}

export type JobQueue = Pick<
  Queue<Envelope>,
  | 'add'
  | 'close'
  | 'on'
  | 'getJob'
  | 'getJobCounts'
  | 'getJobScheduler'
  | 'getJobSchedulers'
  | 'removeJobScheduler'
  | 'upsertJobScheduler'
>;
export type JobWorker = Pick<Worker<Envelope>, 'on' | 'close' | 'getBackend'>;

/** Where the jobs of all services of this process wait: one of BullMQ's backends. */
export abstract class JobsBackend {
  /** Connects. Several processes may do so at once, and a process may ask several times. */
  abstract open(): Promise<void>;

  abstract queue(name: string): JobQueue;

  /** Takes jobs from now on, or from when it can be reached. */
  abstract worker(
    name: string,
    run: (job: Job<Envelope>) => Promise<void>,
    options: Omit<WorkerOptions, 'connection'>,
  ): JobWorker;

  /** Why it cannot be reached at the moment; undefined when it can, or when asking is the way to find out. */
  abstract readonly failure: string | undefined;

  /** Calls a listener whenever it can be reached again after it could not, and may have been emptied in between. */
  abstract onReturn(listener: () => void): void;

  abstract onApplicationShutdown(): Promise<void>;
}
