import { Injectable, Module } from '@nestjs/common';
import { correlationId } from '#kernel';
import { DoesJob, Every, Jobs, JobsModule, defineJob, jobWorker, type JobContext } from '#jobs';

export const Export = defineJob<{ tenantId: string }>('export', { attempts: 3, backoffMs: 20 });
export const Slow = defineJob<{ name: string }>('slow');
export const Trace = defineJob<Record<string, never>>('trace');

export const TICK_MS = 200;

/** What the handlers of all processes of a test have seen: they share one memory. */
export const seen = {
  done: [] as string[],
  correlations: [] as string[],
  running: 0,
  mostRunning: 0,
  ticks: 0,
  /** How many exports are still to fail. */
  failures: 0,
  slowMs: 150,
};

export function forget(): void {
  Object.assign(seen, { done: [], correlations: [], running: 0, mostRunning: 0, ticks: 0, failures: 0, slowMs: 150 });
}

@Injectable()
class BlocklistHandlers {
  @DoesJob(Export)
  async export(data: { tenantId: string }, context: JobContext): Promise<void> {
    if (seen.failures-- > 0) throw new Error('not yet');
    seen.done.push(`${data.tenantId} at attempt ${context.attempt}${context.isLastAttempt ? ', the last' : ''}`);
  }

  @DoesJob(Slow)
  async slow(data: { name: string }): Promise<void> {
    seen.running += 1;
    seen.mostRunning = Math.max(seen.mostRunning, seen.running);
    await new Promise((resolve) => setTimeout(resolve, seen.slowMs));
    seen.running -= 1;
    seen.done.push(data.name);
  }

  @DoesJob(Trace)
  async trace(): Promise<void> {
    seen.correlations.push(correlationId());
  }

  @Every('tick', { everyMs: TICK_MS })
  async tick(): Promise<void> {
    seen.ticks += 1;
  }

  @Every('leap-day', { cron: '0 3 29 2 *' })
  async leapDay(): Promise<void> {
    seen.done.push('leap day');
  }
}

@Injectable()
export class Service {
  constructor(readonly jobs: Jobs) {}
}

@Module({
  imports: [JobsModule.forService({ service: 'blocklist' })],
  providers: [Service, ...jobWorker(BlocklistHandlers)],
})
export class BlocklistModule {}

@Module({ imports: [JobsModule.forService({ service: 'gateway' })], providers: [Service] })
export class GatewayModule {}
