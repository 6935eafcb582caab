import { Logger } from '@nestjs/common';
import { DomainError, isDomainError, type SettingsOf } from '#kernel';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import type { Cursor } from '../cursor.js';
import type { EventLogSettings } from '../event-log.config.js';
import { cursorExpired, cursorInvalid } from '../event-log.errors.js';
import { coordinatesOf, type EventRecord, type FollowOptions, type Follower } from '../event-log.js';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';
import { withoutRepeated } from './kafka-consumption.js';
import { KafkaReader, type LaneRead, type LogHead } from './kafka-reader.js';
import { ReadLoop } from './read-loop.js';

interface FollowedLane {
  readonly topic: string;
  readonly partition: number;
  position: bigint;
  /** Where the partition reached when the follower began. */
  readonly goal: bigint;
  outbox: bigint;
  /** What was read of it is being handed over. */
  busy: boolean;
}

export interface KafkaFollowerParts {
  readonly cluster: KafkaCluster;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  onClosed(): void;
}

/** A read-only tail of some topics, of no group. */
export class KafkaFollower implements Follower {
  readonly caughtUp: Promise<void>;
  private readonly logger = new Logger('EventLog');
  private readonly closing = new AbortController();
  private readonly reader: KafkaReader;
  private readonly loop: ReadLoop;
  private readonly opened: Promise<void>;
  private lanes: FollowedLane[] = [];
  private handing: Promise<void> = Promise.resolve();
  private resolveCaughtUp!: () => void;
  private rejectCaughtUp!: (error: unknown) => void;

  constructor(
    private readonly topics: readonly Topic[],
    private readonly options: FollowOptions,
    private readonly parts: KafkaFollowerParts,
  ) {
    this.caughtUp = new Promise((resolve, reject) => {
      this.resolveCaughtUp = resolve;
      this.rejectCaughtUp = reject;
    });
    // Nobody has to wait for it.
    this.caughtUp.catch(() => undefined);
    const names = topics.map((topic) => topic.name);
    this.reader = new KafkaReader(parts.cluster, names);
    this.loop = new ReadLoop({
      reader: this.reader,
      waitMs: parts.cluster.settings.waitMs,
      bytes: parts.settings.batchBytes,
      wanted: () => this.lanes.filter((lane) => !lane.busy).map((lane) => ({ ...lane, offset: lane.position })),
      busy: () => this.lanes.some((lane) => lane.busy),
      onRead: (read) => this.onRead(read),
      onError: (error) => this.logger.warn(`A follower of ${names.join(', ')} waits: ${reasonOf(error)}`),
      onRecovered: () => this.logger.log(`A follower of ${names.join(', ')} goes on`),
    });
    this.opened = this.open();
  }

  cursor(): Cursor {
    // Closed before it knew its partitions, it has handed over nothing.
    if (this.lanes.length === 0 && typeof this.options.from === 'object') return this.options.from;
    const cursor: Record<string, bigint[]> = {};
    for (const lane of this.lanes) (cursor[lane.topic] ??= [])[lane.partition] = lane.position;
    return cursor;
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.loop.close();
    await this.opened;
    await this.handing;
    this.rejectCaughtUp(new DomainError('unavailable', 'event-log.closed', 'The follower was closed.'));
    this.parts.onClosed();
  }

  /** Outages are waited out; what is wrong with the request itself is not. */
  private async open(): Promise<void> {
    for (let wait = 50; !this.closing.signal.aborted; wait = Math.min(wait * 2, 2_000)) {
      try {
        this.lanes = this.lanesOf(await this.reader.heads());
        this.checkCaughtUp();
        this.loop.wake();
        return;
      } catch (error) {
        if (isDomainError(error)) {
          this.rejectCaughtUp(error);
          return;
        }
        if (this.closing.signal.aborted) return;
        if (wait === 200) this.logger.warn(`A follower of ${this.options.topics.join(', ')} waits: ${reasonOf(error)}`);
        this.reader.refresh();
        await delay(wait, undefined, { signal: this.closing.signal }).catch(() => undefined);
      }
    }
  }

  private lanesOf(heads: ReadonlyMap<string, readonly LogHead[]>): FollowedLane[] {
    return this.topics.flatMap(({ name }) =>
      (heads.get(name) ?? []).map((head, partition) => ({
        topic: name,
        partition,
        position: this.startOf(name, partition, head),
        goal: head.next,
        outbox: -1n,
        busy: false,
      })),
    );
  }

  private startOf(topic: string, partition: number, head: LogHead): bigint {
    const { from } = this.options;
    if (from === 'earliest') return head.first;
    if (from === 'latest') return head.next;
    const position = from[topic]?.[partition];
    if (position === undefined) throw cursorInvalid(`it says nothing of topic "${topic}"`);
    if (position > head.next) throw cursorInvalid('it is ahead of the log');
    if (position < head.first) throw cursorExpired(topic);
    return position;
  }

  private onRead(read: LaneRead): void {
    const lane = this.lanes.find((each) => each.topic === read.topic && each.partition === read.partition);
    if (!lane || lane.busy || lane.position !== read.from) return;
    if (read.next === read.from && !read.outOfRange) return;
    lane.busy = true;
    this.handing = this.handing.then(() => this.handOver(lane, read));
  }

  /** One partition's records at a time, as promised to whoever listens. */
  private async handOver(lane: FollowedLane, read: LaneRead): Promise<void> {
    if (read.outOfRange) await this.backIntoRange(lane);
    let handed = 0;
    for (const record of withoutRepeated(read.records, lane.position, lane.outbox)) {
      // Whoever only takes notes never lets others in by himself.
      if (++handed % this.parts.settings.batchRecords === 0) await breathe();
      if (this.closing.signal.aborted) return;
      lane.position = record.offset + 1n;
      if (record.outboxOffset !== undefined) lane.outbox = record.outboxOffset;
      await this.handOne(record);
    }
    if (read.next > lane.position) lane.position = read.next;
    lane.busy = false;
    this.checkCaughtUp();
    this.loop.wake();
  }

  private async handOne(record: EventRecord): Promise<void> {
    try {
      await this.options.onRecord(record);
    } catch (error) {
      this.logger.error(
        `A follower failed on ${record.type} at ${coordinatesOf(record)}`,
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  }

  /** Retention was faster than the follower. */
  private async backIntoRange(lane: FollowedLane): Promise<void> {
    const head = (await this.reader.heads().catch(() => undefined))?.get(lane.topic)?.[lane.partition];
    if (!head || lane.position >= head.first) return;
    this.logger.warn(
      `A follower stood at ${coordinatesOf({ ...lane, offset: lane.position })}; it goes on at ${head.first}`,
    );
    lane.position = head.first;
  }

  private checkCaughtUp(): void {
    if (this.lanes.every((lane) => lane.position >= lane.goal)) this.resolveCaughtUp();
  }
}
