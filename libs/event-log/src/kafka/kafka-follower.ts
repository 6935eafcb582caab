import { Logger } from '@nestjs/common';
import { DomainError, isDomainError, type SettingsOf } from '#kernel';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import type { Cursor } from '../cursor.js';
import type { EventLogSettings } from '../event-log.config.js';
import { TopicReplacedError, cursorExpired, cursorInvalid } from '../event-log.errors.js';
import { coordinatesOf, type EventRecord, type FollowOptions, type Follower } from '../event-log.js';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';
import { withoutRepeated } from './kafka-consumption.js';
import { KafkaReader, type LaneRead, type LogHead } from './kafka-reader.js';
import { ReadLoop } from './read-loop.js';

const MAX_REASONS = 5;
const RENEW_EVERY_MS = 200;

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
  /** Why it waits, as far as the log says so already. */
  private readonly reasons = new Set<string>();
  /** Topics that are others now, until it is known where these begin. */
  private readonly renewing = new Map<string, Promise<void>>();
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
    this.reader = new KafkaReader(
      parts.cluster,
      topics.map((topic) => topic.name),
    );
    this.loop = new ReadLoop({
      reader: this.reader,
      waitMs: parts.cluster.settings.waitMs,
      bytes: parts.settings.batchBytes,
      wanted: () =>
        this.lanes
          .filter((lane) => !lane.busy && !this.renewing.has(lane.topic))
          .map((lane) => ({ ...lane, offset: lane.position })),
      busy: () => this.lanes.some((lane) => lane.busy),
      onRead: (read) => this.onRead(read),
      onError: (error) => this.onError(error),
      onRecovered: () => this.onRecovered(),
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
    await Promise.all(this.renewing.values());
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

  private onError(error: unknown): void {
    const reason = reasonOf(error);
    // It tries several times a second: one line for each reason is enough.
    if (!this.reasons.has(reason) && this.reasons.size < MAX_REASONS) {
      this.reasons.add(reason);
      this.logger.warn(`A follower of ${this.options.topics.join(', ')} waits: ${reason}`);
    }
    if (!(error instanceof TopicReplacedError) || this.renewing.has(error.topic)) return;
    const renewal = this.beginAnew(error.topic).finally(() => this.renewing.delete(error.topic));
    this.renewing.set(
      error.topic,
      renewal.then(() => this.loop.wake()),
    );
  }

  private onRecovered(): void {
    if (this.reasons.size > 0) this.logger.log(`A follower of ${this.options.topics.join(', ')} goes on`);
    this.reasons.clear();
  }

  /**
   * Whoever keeps a snapshot gets all of the new topic. Its lanes are new ones: what was read of the old topic and is still
   * to be handed over must not move them.
   */
  private async beginAnew(topic: string): Promise<void> {
    while (!this.closing.signal.aborted) {
      this.reader.forget(topic);
      const heads = (await this.reader.heads().catch(() => undefined))?.get(topic);
      if (heads) {
        this.lanes = this.lanes.map((lane) => (lane.topic === topic ? anew(lane, heads[lane.partition]) : lane));
        this.logger.warn(`A follower begins topic "${topic}" anew`);
        return;
      }
      await delay(RENEW_EVERY_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private onRead(read: LaneRead): void {
    const lane = this.lanes.find((each) => each.topic === read.topic && each.partition === read.partition);
    if (!lane || lane.busy || this.renewing.has(lane.topic) || lane.position !== read.from) return;
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
      const handling = this.handOne(record);
      if (handling) await handling;
    }
    if (read.next > lane.position) lane.position = read.next;
    lane.busy = false;
    this.checkCaughtUp();
    this.loop.wake();
  }

  /** @returns a promise only where the listener has: waiting for nothing a million times is not for nothing */
  private handOne(record: EventRecord): Promise<void> | undefined {
    try {
      const handling = this.options.onRecord(record) as Promise<void> | undefined;
      if (handling === undefined) return undefined;
      return Promise.resolve(handling).catch((error: unknown) => this.failedOn(record, error));
    } catch (error) {
      this.failedOn(record, error);
      return undefined;
    }
  }

  private failedOn(record: EventRecord, error: unknown): void {
    this.logger.error(
      `A follower failed on ${record.type} at ${coordinatesOf(record)}`,
      error instanceof Error ? error : new Error(String(error)),
    );
  }

  /** Retention was faster than the follower. */
  private async backIntoRange(lane: FollowedLane): Promise<void> {
    const head = (await this.reader.heads().catch(() => undefined))?.get(lane.topic)?.[lane.partition];
    if (!head || (lane.position >= head.first && lane.position <= head.next)) return;
    const there = lane.position < head.first ? head.first : head.next;
    this.logger.warn(
      `A follower stood at ${coordinatesOf({ ...lane, offset: lane.position })}; it goes on at ${there}`,
    );
    lane.position = there;
  }

  private checkCaughtUp(): void {
    if (this.lanes.every((lane) => lane.position >= lane.goal)) this.resolveCaughtUp();
  }
}

function anew({ topic, partition }: FollowedLane, head: LogHead = { first: 0n, next: 0n }): FollowedLane {
  return { topic, partition, position: head.first, goal: head.next, outbox: -1n, busy: false };
}
