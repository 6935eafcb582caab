import { Logger } from '@nestjs/common';
import { DomainError, isDomainError, messageOf, type SettingsOf } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor } from '../cursor.js';
import type { EventLogSettings } from '../event-log.config.js';
import { cursorExpired, cursorInvalid } from '../event-log.errors.js';
import { coordinatesOf, type EventRecord, type FollowOptions, type Follower } from '../event-log.js';
import type { Topic } from '../topic-catalog.js';
import type { Head, RecordStore } from './record.store.js';
import type { Signals } from '../signals/signals.js';

interface FollowedLane {
  readonly topic: Topic;
  readonly partition: number;
  position: bigint;
  head: bigint;
  /** Where the partition reached when the follower began. */
  goal: bigint;
}

export interface FollowerParts {
  readonly records: RecordStore;
  readonly signals: Signals;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  onClosed(): void;
}

/** A read-only tail: one loop that reads whichever partition has something new. */
export class PostgresFollower implements Follower {
  readonly caughtUp: Promise<void>;
  private readonly logger = new Logger('EventLog');
  private readonly closing = new AbortController();
  private readonly running: Promise<void>;
  private lanes: FollowedLane[] = [];
  private wake: (() => void) | undefined;
  private resolveCaughtUp!: () => void;
  private rejectCaughtUp!: (error: unknown) => void;

  constructor(
    private readonly topics: readonly Topic[],
    private readonly options: FollowOptions,
    private readonly parts: FollowerParts,
  ) {
    this.caughtUp = new Promise((resolve, reject) => {
      this.resolveCaughtUp = resolve;
      this.rejectCaughtUp = reject;
    });
    // Nobody has to wait for it.
    this.caughtUp.catch(() => undefined);
    this.running = this.run();
  }

  cursor(): Cursor {
    const cursor: Record<string, bigint[]> = {};
    for (const lane of this.lanes) (cursor[lane.topic.name] ??= [])[lane.partition] = lane.position;
    return cursor;
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let unwatch: (() => void) | undefined;
    try {
      await this.untilDone(() => this.open());
      unwatch = this.parts.signals.watch({ topics: this.topics, onHead: (...moved) => this.onHead(...moved) });
      while (!this.closing.signal.aborted) {
        await this.untilDone(() => this.readAll());
        await this.sleep();
      }
      this.rejectCaughtUp(new DomainError('unavailable', 'event-log.closed', 'The follower was closed.'));
    } catch (error) {
      this.rejectCaughtUp(error);
    } finally {
      unwatch?.();
      this.parts.onClosed();
    }
  }

  /** Outages are waited out; what is wrong with the request itself is not. */
  private async untilDone(work: () => Promise<void>): Promise<void> {
    for (let attempt = 0; !this.closing.signal.aborted; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (isDomainError(error)) throw error;
        if (attempt === 0)
          this.logger.warn(`A follower of ${this.options.topics.join(', ')} waits: ${messageOf(error)}`);
        const wait = Math.min(50 * 2 ** Math.min(attempt, 7), 2_000);
        await delay(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }

  private async open(): Promise<void> {
    const lanes: FollowedLane[] = [];
    for (const topic of this.topics) {
      const heads = await this.parts.records.heads(topic);
      heads.forEach((head, partition) => {
        const position = this.startOf(topic, partition, head);
        lanes.push({ topic, partition, position, head: head.next, goal: head.next });
      });
    }
    this.lanes = lanes;
  }

  private startOf(topic: Topic, partition: number, head: Head): bigint {
    const { from } = this.options;
    if (from === 'earliest') return head.first;
    if (from === 'latest') return head.next;
    const position = from[topic.name]?.[partition];
    if (position === undefined) throw cursorInvalid(`it says nothing of topic "${topic.name}"`);
    if (position > head.next) throw cursorInvalid('it is ahead of the log');
    if (position < head.first) throw cursorExpired(topic.name);
    return position;
  }

  private onHead(topic: string, partition: number, head: Head): void {
    const lane = this.lanes.find((each) => each.topic.name === topic && each.partition === partition);
    if (!lane || head.next <= lane.head) return;
    lane.head = head.next;
    this.wake?.();
  }

  private async readAll(): Promise<void> {
    for (;;) {
      if (this.lanes.every((lane) => lane.position >= lane.goal)) this.resolveCaughtUp();
      const behind = this.lanes.filter((lane) => lane.position < lane.head);
      if (behind.length === 0) return;
      for (const lane of behind) {
        if (this.closing.signal.aborted) return;
        await this.readSome(lane);
      }
    }
  }

  private async readSome(lane: FollowedLane): Promise<void> {
    const { settings, records } = this.parts;
    const limits = { records: settings.batchRecords, bytes: settings.batchBytes };
    const batch = await records.read(lane.topic, lane.partition, lane.position, limits);
    for (const record of batch.records) {
      if (this.closing.signal.aborted) return;
      lane.position = record.offset + 1n;
      await this.handOver(record);
    }
    if (batch.records.length === 0) {
      if (batch.next > lane.position) lane.position = batch.next;
      else lane.head = lane.position;
    }
  }

  private async handOver(record: EventRecord): Promise<void> {
    try {
      await this.options.onRecord(record);
    } catch (error) {
      this.logger.error(
        `A follower failed on ${record.type} at ${coordinatesOf(record)}`,
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  }

  private async sleep(): Promise<void> {
    if (this.closing.signal.aborted || this.lanes.some((lane) => lane.position < lane.head)) return;
    await new Promise<void>((resolve) => (this.wake = resolve));
    this.wake = undefined;
  }
}
