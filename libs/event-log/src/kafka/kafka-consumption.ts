import { Logger } from '@nestjs/common';
import { messageOf, type HealthState } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { Applier, type ApplierParts } from '../consuming/applier.js';
import { isOutage } from '../consuming/outage.js';
import { PartitionTakenError } from '../consuming/position.store.js';
import { Replayer } from '../consuming/replayer.js';
import { Semaphore } from '../consuming/semaphore.js';
import type { Consumption, Subscription } from '../consuming/subscription.js';
import { coordinatesOf, type EventRecord } from '../event-log.js';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';
import { KafkaMembership } from './kafka-membership.js';
import { KafkaReader, type LaneRead, type WantedLane } from './kafka-reader.js';
import { ReadLoop } from './read-loop.js';
import { RetentionWatch } from './retention-watch.js';

interface LaneState {
  readonly topic: Topic;
  readonly applier: Applier;
  /** What has been read and not yet applied: one read's worth. While there is any, the partition is not read. */
  pending: readonly EventRecord[];
  /** Where `pending` ends. */
  next: bigint;
  end: bigint;
  outOfRange: boolean;
  running: boolean;
  /** Ends when the partition becomes another member's. */
  readonly mine: AbortController;
}

export interface KafkaConsumptionParts extends ApplierParts {
  readonly cluster: KafkaCluster;
}

const MAX_TOLD = 10;
const MAX_PAUSE_MS = 1_000;

/** One member of a consumer group, reading the brokers' partitions that the group has given it. */
export class KafkaConsumption implements Consumption {
  readonly started: Promise<void>;
  private readonly logger = new Logger('EventLog');
  private readonly lanes = new Map<string, LaneState>();
  private readonly stopping = new AbortController();
  private readonly places: Semaphore;
  private readonly work = new Set<Promise<void>>();
  private readonly topicNames: readonly string[];
  private readonly membership: KafkaMembership;
  private readonly reader: KafkaReader;
  private readonly loop: ReadLoop;
  private readonly replayer: Replayer;
  private readonly retention: RetentionWatch;
  private assigning: Promise<void> = Promise.resolve();
  private stopped: Promise<void> | undefined;
  private outage: string | undefined = 'starting';
  /** What has been logged of this outage: each reason once. */
  private readonly told = new Set<string>();
  private groupFailure: string | undefined = 'joining its group';

  constructor(
    private readonly subscription: Subscription,
    private readonly parts: KafkaConsumptionParts,
  ) {
    const { cluster, settings, dispatcher, database } = parts;
    this.places = new Semaphore(settings.parallel);
    this.topicNames = dispatcher.topics.map((topic) => topic.name);
    this.reader = new KafkaReader(cluster, this.topicNames);
    this.loop = new ReadLoop({
      reader: this.reader,
      waitMs: cluster.settings.waitMs,
      bytes: settings.batchBytes,
      wanted: () => this.wanted(),
      busy: () => [...this.lanes.values()].some((lane) => lane.running),
      onRead: (read) => this.onRead(read),
      onFilled: (elapsedMs) => parts.metrics.read(subscription.group, elapsedMs),
      onError: (error) => this.failed(error),
      onRecovered: () => this.recovered(),
    });
    this.membership = new KafkaMembership({
      cluster,
      // Two services may use one name: their positions are in different schemas.
      group: `${database.schema}.${subscription.group}`,
      topics: this.topicNames,
      onAssigned: (partitions) => this.onAssigned(partitions),
      onState: (failure) => this.onGroupState(failure),
      onRebalanced: (elapsedMs) => parts.metrics.rebalanced(subscription.group, elapsedMs),
    });
    const { group } = subscription;
    this.replayer = new Replayer({ ...parts, group, holds: (topic, number) => this.lanes.has(`${topic}/${number}`) });
    this.retention = new RetentionWatch({
      cluster,
      group,
      metrics: parts.metrics,
      everyMs: settings.maintenanceMs,
      lanes: () =>
        [...this.lanes.values()].map(({ topic, applier: { lane, position } }) => ({ ...lane, topic, position })),
    });
    this.started = this.start();
    this.track(this.started);
  }

  health(): HealthState {
    const reason = this.outage ?? this.groupFailure;
    return reason ? { ready: false, reason } : { ready: true };
  }

  lag(): ReadonlyMap<string, bigint> {
    const lag = new Map<string, bigint>();
    for (const { topic, end, applier } of this.lanes.values()) {
      const behind = end > applier.position ? end - applier.position : 0n;
      lag.set(topic.name, (lag.get(topic.name) ?? 0n) + behind);
    }
    return lag;
  }

  stop(): Promise<void> {
    this.stopped ??= this.drain();
    return this.stopped;
  }

  private async drain(): Promise<void> {
    this.stopping.abort();
    this.track(this.replayer.stop());
    this.track(this.retention.stop());
    const { settings, positions, member } = this.parts;
    const { group } = this.subscription;
    const deadline = new AbortController();
    const late = delay(settings.drainMs, 'late' as const, { signal: deadline.signal }).catch(() => 'late' as const);
    const outcome = await Promise.race([Promise.all(this.work), late]);
    deadline.abort();
    await this.membership.leave();
    await this.loop.close();
    if (outcome === 'late') {
      this.logger.warn(`Group "${group}" did not finish within ${settings.drainMs} ms; its transaction is left behind`);
      return;
    }
    await positions
      .release(group, member)
      .catch((error: unknown) => this.logger.debug(`Group "${group}" could not hand over: ${messageOf(error)}`));
  }

  private async start(): Promise<void> {
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      try {
        await this.open();
        break;
      } catch (error) {
        this.failed(error);
        // Nothing has been read yet: what counts is which topic the positions belong to.
        this.reader.forget();
        await this.pause(attempt);
      }
    }
    if (this.stopping.signal.aborted) return;
    this.outage = undefined;
    this.told.clear();
    const stopped = new Promise<void>((resolve) =>
      this.stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([this.membership.join().then(() => this.assigning), stopped]);
  }

  /** A group that is new begins where it was told to. */
  private async open(): Promise<void> {
    const heads = await this.reader.heads();
    const { group, from } = this.subscription;
    for (const topic of this.parts.dispatcher.topics) {
      const lanes = heads.get(topic.name) ?? [];
      const start = (partition: number): bigint => lanes[partition]?.[from === 'latest' ? 'next' : 'first'] ?? 0n;
      await this.parts.positions.ensure(group, topic, start, this.reader.idOf(topic.name));
    }
  }

  private onGroupState(failure: string | undefined): void {
    if (failure && !this.groupFailure) this.logger.warn(`Group "${this.subscription.group}" waits: ${failure}`);
    this.groupFailure = failure;
  }

  private onAssigned(partitions: ReadonlyMap<string, readonly number[]>): void {
    const names = new Set<string>();
    for (const [topic, numbers] of partitions) for (const number of numbers) names.add(`${topic}/${number}`);
    for (const [name, lane] of this.lanes) {
      if (names.has(name)) continue;
      lane.mine.abort();
      this.lanes.delete(name);
    }
    this.assigning = this.assigning.then(() => this.take(names));
    this.track(this.assigning);
  }

  /** Positions are read when the partition comes, not before: another member has moved them until now. */
  private async take(names: ReadonlySet<string>): Promise<void> {
    const { group } = this.subscription;
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      try {
        for (const topic of this.parts.dispatcher.topics) {
          for (const [partition, { position, outbox }] of await this.parts.positions.of(group, topic.name)) {
            const name = `${topic.name}/${partition}`;
            if (!names.has(name) || this.lanes.has(name)) continue;
            const applier = new Applier({ group, topic: topic.name, partition }, position, this.parts);
            applier.outbox = outbox;
            const mine = new AbortController();
            const none = { pending: [], next: position, end: position, outOfRange: false, running: false };
            this.lanes.set(name, { topic, applier, mine, ...none });
          }
        }
        if (attempt > 0) this.recovered();
        this.loop.wake();
        return;
      } catch (error) {
        this.failed(error);
        await this.pause(attempt);
      }
    }
  }

  private wanted(): WantedLane[] {
    if (this.stopping.signal.aborted) return [];
    return [...this.lanes.values()]
      .filter((lane) => !lane.running)
      .map(({ topic, applier }) => ({
        topic: topic.name,
        partition: applier.lane.partition,
        offset: applier.position,
      }));
  }

  private onRead(read: LaneRead): void {
    const lane = this.lanes.get(`${read.topic}/${read.partition}`);
    if (!lane || lane.running || read.from !== lane.applier.position) return;
    if (read.end > lane.end) lane.end = read.end;
    this.parts.metrics.lag(this.subscription.group, read.topic, this.lag().get(read.topic) ?? 0n);
    if (this.stopping.signal.aborted || (read.next === read.from && !read.outOfRange)) return;
    lane.pending = read.records;
    lane.next = read.next;
    lane.outOfRange = read.outOfRange;
    lane.running = true;
    this.track(this.run(lane));
  }

  private track(work: Promise<void>): void {
    this.work.add(work);
    void work.finally(() => this.work.delete(work)).catch(() => undefined);
  }

  private isOver(lane: LaneState): boolean {
    return this.stopping.signal.aborted || lane.mine.signal.aborted;
  }

  private async run(lane: LaneState): Promise<void> {
    let failures = 0;
    let done = false;
    while (!done && !this.isOver(lane)) {
      try {
        if (lane.outOfRange) await this.backIntoRange(lane);
        else await this.places.run(() => this.applyNext(lane));
        if (failures > 0) this.recovered();
        failures = 0;
        done = lane.pending.length === 0;
      } catch (error) {
        if (error instanceof PartitionTakenError) {
          await this.wait(this.parts.settings.pollMs * (0.1 + Math.random() / 10));
          done = await this.lookUp(lane);
        } else {
          this.failed(error);
          await this.pause(failures++);
        }
      }
    }
    lane.pending = [];
    lane.running = false;
    this.loop.wake();
  }

  /** One batch; the place is given up after it, so that partitions take turns. */
  private async applyNext(lane: LaneState): Promise<void> {
    if (this.isOver(lane)) return;
    const { applier } = lane;
    lane.pending = withoutRepeated(lane.pending, applier.position, applier.outbox);
    const batch = lane.pending.slice(0, this.parts.settings.batchRecords);
    const signal = AbortSignal.any([this.stopping.signal, lane.mine.signal]);
    if (batch.length > 0) await applier.apply(batch, signal);
    else await applier.skipTo(lane.next);
    lane.pending = lane.pending.filter((record) => record.offset >= applier.position);
  }

  /** Where the database says the partition is. What has been read is read again from there. */
  private async lookUp(lane: LaneState): Promise<boolean> {
    const { applier } = lane;
    const positions = await this.parts.positions.of(applier.lane.group, applier.lane.topic).catch(() => undefined);
    const known = positions?.get(applier.lane.partition);
    if (!known) return false;
    const moved = known.position !== applier.position;
    applier.position = known.position;
    applier.outbox = known.outbox;
    return moved;
  }

  private async backIntoRange(lane: LaneState): Promise<void> {
    const { applier, topic } = lane;
    const head = (await this.reader.heads()).get(topic.name)?.[applier.lane.partition];
    if (!head) throw new Error(`${topic.name}/${applier.lane.partition} is not there.`);
    const at = coordinatesOf({ ...applier.lane, offset: applier.position });
    if (applier.position > head.next) {
      throw new Error(`It stands at ${at}, but the topic ends at ${head.next}: the brokers have lost records.`);
    }
    if (applier.position < head.first) await applier.skipLost(head.first);
    lane.outOfRange = false;
  }

  private failed(error: unknown): void {
    const message = reasonOf(error);
    if (this.stopping.signal.aborted) return;
    if (!this.told.has(message) && this.told.size < MAX_TOLD) {
      this.told.add(message);
      const { group } = this.subscription;
      if (isOutage(error) || isKafkaError(error)) this.logger.warn(`Group "${group}" waits: ${message}`);
      else this.logger.error(`Group "${group}" cannot go on`, error instanceof Error ? error : new Error(message));
    }
    this.outage = message;
  }

  private recovered(): void {
    if (!this.outage) return;
    this.logger.log(`Group "${this.subscription.group}" goes on`);
    this.outage = undefined;
    this.told.clear();
  }

  private async pause(failures: number): Promise<void> {
    await this.wait(Math.min(50 * 2 ** Math.min(failures, 7), MAX_PAUSE_MS) * (0.75 + Math.random() / 2));
  }

  private async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

/** Without what is behind the position, and without what the relay has sent twice: outbox offsets only ever rise. */
export function withoutRepeated(
  records: readonly EventRecord[],
  position: bigint,
  outbox: bigint,
): readonly EventRecord[] {
  let last = outbox;
  return records.filter((record) => {
    if (record.offset < position) return false;
    if (record.outboxOffset === undefined) return true;
    if (record.outboxOffset <= last) return false;
    last = record.outboxOffset;
    return true;
  });
}

function isKafkaError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('PLT_KFK');
}
