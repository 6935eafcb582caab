import { Logger } from '@nestjs/common';
import { DomainError, correlationId, messageOf, withCorrelationId, type Metrics, type SettingsOf } from '#kernel';
import { UnrecoverableError, type Job } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobKind } from './job.js';
import type { JobsBackend, Envelope, JobQueue, JobWorker } from './jobs-backend.js';
import type { JobsSettings } from './jobs.config.js';
import { Jobs, type EnqueueOptions } from './jobs.js';
import type { JobHandler } from './marks.js';

const KEPT_FAILURES = { age: 7 * 24 * 3_600, count: 1_000 };

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
  private readonly queue: JobQueue;
  private readonly done;
  private readonly seconds;
  private worker: JobWorker | undefined;

  constructor(private readonly parts: BullJobsParts) {
    super();
    const { backend, service, metrics } = parts;
    this.queue = backend.queue(service, {});
    this.queue.on('error', (error) =>
      this.logger.warn(`The jobs of "${service}" cannot be reached: ${messageOf(error)}`),
    );
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
    try {
      await this.queue.add(kind.name, envelope, {
        jobId: `${kind.name}|${encodeURIComponent(options.key)}`,
        delay: options.delayMs ?? 0,
        attempts: kind.attempts,
        backoff: { type: 'exponential', delay: kind.backoffMs, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: KEPT_FAILURES,
      });
    } catch (error) {
      this.logger.warn(`Job ${kind.name} of "${this.parts.service}" was not enqueued: ${messageOf(error)}`);
      throw new DomainError('unavailable', 'jobs.unavailable', 'The work cannot be put in line at the moment.');
    }
  }

  async counts(): Promise<{ waiting: number; delayed: number; active: number; failed: number }> {
    const counts = await this.queue.getJobCounts('waiting', 'delayed', 'active', 'failed');
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

  /** Sets the schedules as they are declared now, and takes jobs. */
  async start(): Promise<void> {
    if (this.handlers.size === 0) return;
    const { backend, service, settings } = this.parts;
    await this.schedule();
    this.worker = backend.worker(service, (job) => this.run(job), { concurrency: settings.concurrency });
    this.worker.on('error', (error) =>
      this.logger.warn(`The jobs of "${service}" cannot be reached: ${messageOf(error)}`),
    );
    await this.worker.waitUntilReady();
  }

  /** Takes no more jobs and waits for those that run; after the deadline they are left to run again elsewhere. */
  async stop(): Promise<void> {
    const { worker } = this;
    if (worker) {
      const patience = new AbortController();
      const late = delay(this.parts.settings.drainMs, 'late' as const, { signal: patience.signal }).catch(
        () => undefined,
      );
      const outcome = await Promise.race([worker.close(), late]);
      patience.abort();
      if (outcome === 'late') await worker.close(true);
    }
    await this.queue.close();
  }

  private async schedule(): Promise<void> {
    const scheduled = [...this.handlers.values()].filter((handler) => handler.schedule);
    for (const { kind, schedule } of scheduled) {
      const repeat = 'cron' in schedule! ? { pattern: schedule.cron, tz: 'UTC' } : { every: schedule!.everyMs };
      await this.queue.upsertJobScheduler(kind.name, repeat, {
        name: kind.name,
        data: { data: undefined, correlationId: '' },
        opts: { attempts: kind.attempts, removeOnComplete: true, removeOnFail: KEPT_FAILURES },
      });
    }
    const names = new Set(scheduled.map(({ kind }) => kind.name));
    for (const { key } of await this.queue.getJobSchedulers()) {
      if (!names.has(key)) await this.queue.removeJobScheduler(key);
    }
  }

  private async run(job: Job<Envelope>): Promise<void> {
    const { service } = this.parts;
    const handler = this.handlers.get(job.name);
    if (!handler) throw new UnrecoverableError(`This version of "${service}" does not know the job "${job.name}".`);
    const attempts = job.opts.attempts ?? 1;
    const attempt = job.attemptsMade + 1;
    const labels = { service, job: job.name };
    const measured = this.seconds.startTimer(labels);
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
      measured();
    }
  }
}
