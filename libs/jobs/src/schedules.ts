import type { Schedule } from './job.js';
import type { JobQueue } from './jobs-backend.js';
import type { JobHandler } from './marks.js';
import type { JobsOptions, JobSchedulerJson } from 'bullmq';

type Scheduled = JobHandler & { readonly schedule: Schedule };

/** The schedules of one service, as the code declares them. */
export class Schedules {
  private readonly declared: readonly Scheduled[];

  constructor(
    private readonly queue: JobQueue,
    handlers: readonly JobHandler[],
    private readonly options: JobsOptions,
  ) {
    this.declared = handlers.filter((handler): handler is Scheduled => handler.schedule !== undefined);
  }

  /** Puts in place what is missing or different. What is as it should be is not touched: its next run may be waiting. */
  async restore(): Promise<void> {
    for (const { kind, schedule } of this.declared) {
      const found = await this.queue.getJobScheduler(kind.name);
      if (found && isAsDeclared(found, schedule) && (await this.hasNextRun(found))) continue;
      const repeat = 'cron' in schedule ? { pattern: schedule.cron, tz: 'UTC' } : { every: schedule.everyMs };
      await this.queue.upsertJobScheduler(kind.name, repeat, {
        name: kind.name,
        data: { data: undefined, correlationId: '' },
        opts: { ...this.options, attempts: kind.attempts },
      });
    }
  }

  /** Removes those that the code does not name any more. */
  async prune(): Promise<void> {
    const names = new Set(this.declared.map(({ kind }) => kind.name));
    for (const { key } of await this.queue.getJobSchedulers()) {
      if (!names.has(key)) await this.queue.removeJobScheduler(key);
    }
  }

  /** The job of the next run is a key or row of its own, and may have been lost alone. */
  private async hasNextRun({ key, next }: JobSchedulerJson): Promise<boolean> {
    return next !== undefined && (await this.queue.getJob(`repeat:${key}:${next}`)) !== undefined;
  }
}

function isAsDeclared(found: JobSchedulerJson, schedule: Schedule): boolean {
  return 'cron' in schedule ? found.pattern === schedule.cron : Number(found.every) === schedule.everyMs;
}
