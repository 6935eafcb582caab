import type { Database } from '#database';
import { messageOf, isDomainError, type SettingsOf } from '#kernel';
import { Logger } from '@nestjs/common';
import type { EventLogSettings } from '../event-log.config.js';
import { publishOverloaded, publishUnavailable } from '../event-log.errors.js';
import type { LogMetrics } from '../log-metrics.js';
import type { EncodedEvent } from './encoded-event.js';

interface Waiting {
  readonly event: EncodedEvent;
  resolve(): void;
  reject(error: unknown): void;
}

export interface PublisherParts {
  readonly database: Database;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  readonly metrics: LogMetrics;
  /** Writes events in a transaction of their own and resolves when that has committed. */
  write(events: readonly EncodedEvent[]): Promise<void>;
}

const MAX_BATCH_RECORDS = 1_000;

/** Lets concurrent publishers share commits: while one commit is under way, the next one collects. */
export class Publisher {
  private readonly logger = new Logger('EventLog');
  private queue: Waiting[] = [];
  private waitingBytes = 0;
  private flushing: Promise<void> | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly parts: PublisherParts) {}

  publish(event: EncodedEvent): Promise<void> {
    const { settings } = this.parts;
    const bytes = event.payload.length;
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > settings.publishQueueBytes) throw publishOverloaded();
    return new Promise<void>((resolve, reject) => {
      this.queue.push({ event, resolve, reject });
      this.account(bytes);
      if (this.waitingBytes >= settings.publishBatchBytes) this.wake?.();
      this.flushing ??= this.flush();
    });
  }

  /** Resolves once nothing waits any more. */
  async drain(): Promise<void> {
    this.wake?.();
    while (this.flushing) await this.flushing;
  }

  private async flush(): Promise<void> {
    await this.linger();
    while (this.queue.length > 0) {
      const batch = this.takeBatch();
      const bytes = batch.reduce((sum, waiting) => sum + waiting.event.payload.length, 0);
      try {
        await this.parts.write(batch.map((waiting) => waiting.event));
        for (const waiting of batch) waiting.resolve();
      } catch (error) {
        if (!isDomainError(error)) this.logger.error(`Publishing failed: ${messageOf(error)}`);
        for (const waiting of batch) waiting.reject(isDomainError(error) ? error : publishUnavailable());
      } finally {
        this.account(-bytes);
      }
    }
    // Here and not when the promise settles: who publishes again at once must find that nobody takes it along.
    this.flushing = undefined;
  }

  private linger(): Promise<void> {
    const { publishLingerMs, publishBatchBytes } = this.parts.settings;
    if (publishLingerMs === 0 || this.waitingBytes >= publishBatchBytes) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, publishLingerMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    }).finally(() => (this.wake = undefined));
  }

  private takeBatch(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.queue) {
      bytes += waiting.event.payload.length;
      if (count > 0 && (bytes > this.parts.settings.publishBatchBytes || count >= MAX_BATCH_RECORDS)) break;
      count += 1;
    }
    const batch = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    return batch;
  }

  private account(bytes: number): void {
    this.waitingBytes += bytes;
    this.parts.metrics.publishQueue(this.parts.database.schema, this.waitingBytes);
  }
}
