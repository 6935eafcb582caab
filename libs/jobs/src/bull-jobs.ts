import { Logger } from '@nestjs/common';
import {
  DomainError,
  LimitedWarnings,
  correlationId,
  messageOf,
  withCorrelationId,
  type Metrics,
  type SettingsOf,
} from '#kernel';
import { UnrecoverableError, type Job } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobKind } from './job.js';
import type { JobsBackend, Envelope, JobQueue, JobWorker } from './jobs-backend.js';
import type { JobsSettings } from './jobs.config.js';
import { Jobs, type EnqueueOptions } from './jobs.js';
import type { JobHandler } from './marks.js';
import { Schedules } from './schedules.js';
import { within } from './within.js';

/** What becomes of a job that is done, and of one that has failed for good. */
const KEPT = { removeOnComplete: true, removeOnFail: { age: 7 * 24 * 3_600, count: 1_000 } };
const ANSWER_TIMEOUT_MS = 5_000;
/** How many calls may wait for an answer before further ones are refused. */
const MAX_CALLS = 1_000;
/** How often a job may take its process down with it before it is given up. */
const MAX_CRASHES = 10;
const FORCED_STOP_MS = 2_000;
const PRUNE_EVERY_MS = 3_600_000;

export interface BullJobsParts {
  readonly service: string;
  readonly backend: JobsBackend;
  readonly settings: SettingsOf<typeof JobsSettings>;
  readonly metrics: Metrics;
}

/** The jobs of one service: one queue, and one worker for all kinds. */
export class BullJobs extends Jobs {
  private readonly logger = new Logger('Jobs');
  private readonly handlers = new Map<string, JobHandler>();
  private readonly warnings = new LimitedWarnings('Jobs');
  private readonly queue: JobQueue;
  private readonly done;
  private readonly seconds;
  private worker: JobWorker | undefined;
  private schedules: Schedules | undefined;
  private timer: NodeJS.Timeout | undefined;
  private restoring: Promise<void> | undefined;
  private prunedAt = 0;
  private calls = 0;
  private running = 0;

  constructor(private readonly parts: BullJobsParts) {
    super();
    const { backend, service, metrics } = parts;
    this.queue = backend.queue(service);
    this.queue.on('error', (error) => this.complain(error));
    this.done = metrics.counter({
      name: 'gnomon_jobs_total',
      help: 'Jobs that were tried, by what came of it.',
      labelNames: ['service', 'job', 'outcome'],
    });
    this.seconds = metrics.histogram({
      name: 'gnomon_jobs_seconds',
      help: 'How long jobs took.',
      labelNames: ['service', 'job'],
      buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
    });
  }

  async enqueue<Data>(kind: JobKind<Data>, data: Data, options: EnqueueOptions): Promise<void> {
    const envelope: Envelope = { data, correlationId: correlationId() };
    const jobId = `${kind.name}|${encodeURIComponent(options.key)}`;
    try {
      await this.call(() =>
        this.queue.add(kind.name, envelope, {
          ...KEPT,
          jobId,
          delay: options.delayMs ?? 0,
          attempts: kind.attempts,
          backoff: { type: 'exponential', delay: kind.backoffMs, jitter: 0.5 },
        }),
      );
    } catch (error) {
      this.warnings.warn(`Job ${kind.name} of "${this.parts.service}" was not enqueued: ${messageOf(error)}`);
      throw unavailable('The work cannot be put in line at the moment.');
    }
  }

  async counts(): Promise<{ waiting: number; delayed: number; active: number; failed: number }> {
    const counts = await this.call(() => this.queue.getJobCounts('waiting', 'delayed', 'active', 'failed')).catch(
      (error: unknown) => {
        this.complain(error);
        throw unavailable('The work in line cannot be counted at the moment.');
      },
    );
    const of = (state: string): number => counts[state] ?? 0;
    return { waiting: of('waiting'), delayed: of('delayed'), active: of('active'), failed: of('failed') };
  }

  /** Adds handlers; `start` begins to work. */
  handle(handlers: readonly JobHandler[]): void {
    for (const handler of handlers) {
      const { name } = handler.kind;
      if (this.handlers.has(name)) throw new Error(`"${this.parts.service}" has two handlers of the job "${name}".`);
      this.handlers.set(name, handler);
    }
  }

  /** Takes jobs, and sets the schedules as they are declared now; where jobs wait, may be away, then both happen later. */
  async start(): Promise<void> {
    if (this.handlers.size === 0) return;
    const { backend, service, settings } = this.parts;
    this.schedules = new Schedules(this.queue, [...this.handlers.values()], KEPT);
    const options = { concurrency: settings.concurrency, maxStalledCount: MAX_CRASHES };
    this.worker = backend.worker(service, (job) => this.run(job), options);
    this.worker.on('error', (error) => this.complain(error));
    backend.onReturn(() => void this.restore());
    this.timer = setInterval(() => void this.restore(), settings.upkeepMs);
    this.timer.unref();
    if (!backend.failure) await within(ANSWER_TIMEOUT_MS, this.restore()).catch((error) => this.complain(error));
  }

  /** Takes no more jobs and waits for those that run; after the deadline they are left to run again elsewhere. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    try {
      if (this.worker) await this.stopWorker(this.worker);
      await within(FORCED_STOP_MS, this.queue.close());
    } catch (error) {
      this.logger.warn(`The jobs of "${this.parts.service}" were not closed: ${messageOf(error)}`);
    }
  }

  private async stopWorker(worker: JobWorker): Promise<void> {
    const { backend, settings } = this.parts;
    if (backend.failure) {
      // What runs may finish; to say so is not possible, and it will run again.
      for (const by = Date.now() + settings.drainMs; this.running > 0 && Date.now() < by;) await sleep(20);
      await within(FORCED_STOP_MS, worker.close(true));
      return;
    }
    await within(settings.drainMs, worker.close()).catch(() => within(FORCED_STOP_MS, worker.getBackend().close(true)));
  }

  /** The queue may have been emptied, and the schedules with it. */
  private restore(): Promise<void> {
    this.restoring ??= this.restoreOnce().finally(() => (this.restoring = undefined));
    return this.restoring;
  }

  private async restoreOnce(): Promise<void> {
    if (!this.schedules || this.parts.backend.failure) return;
    try {
      await this.schedules.restore();
      if (Date.now() - this.prunedAt < PRUNE_EVERY_MS) return;
      await this.schedules.prune();
      this.prunedAt = Date.now();
    } catch (error) {
      this.complain(error);
    }
  }

  /** Asks the queue, for a limited time and not too often at once. */
  private async call<T>(ask: () => Promise<T>): Promise<T> {
    const { failure } = this.parts.backend;
    if (failure) throw new Error(failure);
    if (this.calls >= MAX_CALLS) throw new Error(`${MAX_CALLS} calls wait for an answer already`);
    this.calls += 1;
    const answer = ask().finally(() => (this.calls -= 1));
    return within(ANSWER_TIMEOUT_MS, answer);
  }

  /** That the backend is away has been said by itself, once. */
  private complain(error: unknown): void {
    const message = `The jobs of "${this.parts.service}" are in trouble: ${messageOf(error)}`;
    if (this.parts.backend.failure) this.logger.debug(message);
    else this.warnings.warn(message);
  }

  private async run(job: Job<Envelope>): Promise<void> {
    const { service } = this.parts;
    const handler = this.handlers.get(job.name);
    if (!handler) throw new UnrecoverableError(`This version of "${service}" does not know the job "${job.name}".`);
    const attempts = job.opts.attempts ?? 1;
    const attempt = job.attemptsMade + 1;
    const labels = { service, job: job.name };
    const measured = this.seconds.startTimer(labels);
    this.running += 1;
    try {
      const { data, correlationId: cause } = job.data;
      const work = (): Promise<void> => handler.run(data, { attempt, isLastAttempt: attempt >= attempts });
      await (cause ? withCorrelationId(cause, work) : withCorrelationId(correlationId(), work));
      this.done.inc({ ...labels, outcome: 'done' });
    } catch (error) {
      this.done.inc({ ...labels, outcome: attempt >= attempts ? 'failed' : 'retried' });
      const message = `Job ${job.name} of "${service}" failed, attempt ${attempt} of ${attempts}`;
      this.logger.error(message, error instanceof Error ? error : new Error(String(error)));
      throw error;
    } finally {
      this.running -= 1;
      measured();
    }
  }
}

function unavailable(message: string): DomainError {
  return new DomainError('unavailable', 'jobs.unavailable', message);
}
