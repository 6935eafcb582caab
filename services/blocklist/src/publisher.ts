import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { messageOf } from '#kernel';
import { BlocklistService } from './blocklist.service.js';

/** One decision of an admin becomes events in several partitions: they arrive within a few milliseconds. */
const QUIET_MS = 15;
const MOST_MS = 100;
/** How often to look for work that a process left undone. */
const SWEEP_MS = 5_000;
const WORKERS = 2;

interface Due {
  readonly timer: NodeJS.Timeout;
  readonly since: number;
}

/**
 * Publishes the lists of tenants soon after something in them changed, once for changes that come together. What must
 * be published is noted in the database: this only decides when, and a crash loses nothing but time.
 */
@Injectable()
export class Publisher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(Publisher.name);
  private readonly gathering = new Map<string, Due>();
  private readonly queue = new Set<string>();
  private readonly workers = new Set<Promise<void>>();
  private running = 0;
  private sweeper: NodeJS.Timeout | undefined;
  private isStopping = false;

  constructor(private readonly service: BlocklistService) {}

  onApplicationBootstrap(): void {
    this.sweeper = setInterval(() => void this.sweep(), SWEEP_MS).unref();
    void this.sweep();
  }

  /** What is left is found by the next process that starts, or by another one that runs. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.sweeper);
    for (const { timer } of this.gathering.values()) clearTimeout(timer);
    this.gathering.clear();
    this.queue.clear();
    await Promise.all(this.workers);
  }

  /** Publishes when nothing more has changed for a moment. */
  publishSoon(tenantIds: readonly string[]): void {
    if (this.isStopping) return;
    const now = performance.now();
    for (const tenantId of tenantIds) {
      const before = this.gathering.get(tenantId);
      clearTimeout(before?.timer);
      const since = before?.since ?? now;
      const wait = Math.max(0, Math.min(QUIET_MS, since + MOST_MS - now));
      this.gathering.set(tenantId, { timer: setTimeout(() => this.enqueue(tenantId), wait), since });
    }
  }

  private enqueue(tenantId: string): void {
    this.gathering.delete(tenantId);
    this.queue.add(tenantId);
    if (this.running >= WORKERS) return;
    this.running += 1;
    const worker = this.work().finally(() => this.workers.delete(worker));
    this.workers.add(worker);
  }

  private async work(): Promise<void> {
    for (const tenantId of this.queue) {
      this.queue.delete(tenantId);
      try {
        await this.service.publishPending(tenantId);
      } catch (error) {
        this.logger.warn(`A block list could not be published and is tried again soon: ${messageOf(error)}`, {
          tenantId,
        });
      }
    }
    // In the same breath as the last look at the queue: what comes later starts a worker anew.
    this.running -= 1;
  }

  private async sweep(): Promise<void> {
    try {
      this.publishSoon(await this.service.pending());
    } catch (error) {
      this.logger.warn(`It cannot be seen which block lists are to be published: ${messageOf(error)}`);
    }
  }
}
