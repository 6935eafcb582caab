import type { Database } from '#database';
import { messageOf, isDomainError, type SettingsOf } from '#kernel';
import { Logger } from '@nestjs/common';
import type { EventLogSettings } from '../event-log.config.js';
import { publishOverloaded, publishUnavailable } from '../event-log.errors.js';
import type { LogMetrics } from '../log-metrics.js';
import type { EncodedEvent } from './encoded-event.js';

/** Events that share a commit, and the promise that tells all their publishers of it. */
class PublishBatch {
  readonly events: EncodedEvent[] = [];
  readonly done: Promise<void>;
  bytes = 0;
  resolve!: () => void;
  reject!: (error: unknown) => void;

  constructor() {
    this.done = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
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
  private readonly queue: PublishBatch[] = [];
  private waitingBytes = 0;
  private flushing: Promise<void> | undefined;
  private wake: (() => void) | undefined;

  constructor(private readonly parts: PublisherParts) {}

  /** @throws DomainError `event-log.overloaded`, at once */
  publish(event: EncodedEvent): Promise<void> {
    const { settings } = this.parts;
    const bytes = event.payload.length;
    if (this.waitingBytes > 0 && this.waitingBytes + bytes > settings.publishQueueBytes) throw publishOverloaded();
    const batch = this.batchFor(bytes);
    batch.events.push(event);
    batch.bytes += bytes;
    this.waitingBytes += bytes;
    if (this.waitingBytes >= settings.publishBatchBytes) this.wake?.();
    this.flushing ??= this.flush();
    return batch.done;
  }

  /** Resolves once nothing waits any more. */
  async drain(): Promise<void> {
    this.wake?.();
    while (this.flushing) await this.flushing;
  }

  private async flush(): Promise<void> {
    await this.linger();
    for (let batch = this.queue.shift(); batch; batch = this.queue.shift()) {
      this.showQueue();
      try {
        await this.parts.write(batch.events);
        batch.resolve();
      } catch (error) {
        if (!isDomainError(error)) this.logger.error(`Publishing failed: ${messageOf(error)}`);
        batch.reject(isDomainError(error) ? error : publishUnavailable());
      } finally {
        this.waitingBytes -= batch.bytes;
        this.showQueue();
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

  /** The one that collects, or a new one where that has no room. */
  private batchFor(bytes: number): PublishBatch {
    let batch = this.queue.at(-1);
    const most = this.parts.settings.publishBatchBytes;
    if (!batch || batch.bytes + bytes > most || batch.events.length >= MAX_BATCH_RECORDS) {
      batch = new PublishBatch();
      this.queue.push(batch);
    }
    return batch;
  }

  private showQueue(): void {
    this.parts.metrics.publishQueue(this.parts.database.schema, this.waitingBytes);
  }
}
