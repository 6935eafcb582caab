import { Logger } from '@nestjs/common';
import { messageOf, type HealthState } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { Applier, type ApplierParts } from '../consuming/applier.js';
import { isOutage } from '../consuming/outage.js';
import { PartitionTakenError } from '../consuming/position.store.js';
import { Replayer } from '../consuming/replayer.js';
import { Semaphore } from '../consuming/semaphore.js';
import type { Consumption, Subscription } from '../consuming/subscription.js';
import type { Topic } from '../topic-catalog.js';
import type { Head, RecordStore } from './record.store.js';
import type { Signals } from '../signals/signals.js';

interface LaneState {
  readonly topic: Topic;
  readonly applier: Applier;
  head: bigint;
  running: boolean;
  /** Another member works on it: look after it only now and then. */
  passive: boolean;
}

export interface ConsumptionParts extends ApplierParts {
  readonly records: RecordStore;
  readonly signals: Signals;
}

/** One member of a consumer group, reading the owners' tables. */
export class PostgresConsumption implements Consumption {
  readonly started: Promise<void>;
  private readonly logger = new Logger('EventLog');
  private readonly lanes = new Map<string, LaneState>();
  private readonly stopping = new AbortController();
  private readonly places: Semaphore;
  private readonly work = new Set<Promise<void>>();
  private readonly replayer: Replayer;
  private unwatch: (() => void) | undefined;
  private stopped: Promise<void> | undefined;
  private outage: string | undefined = 'starting';

  constructor(
    private readonly subscription: Subscription,
    private readonly parts: ConsumptionParts,
  ) {
    this.places = new Semaphore(parts.settings.parallel);
    this.replayer = new Replayer({ ...parts, group: subscription.group, holds: () => true });
    this.started = this.start();
    this.track(this.started);
  }

  health(): HealthState {
    return this.outage ? { ready: false, reason: this.outage } : { ready: true };
  }

  lag(): ReadonlyMap<string, bigint> {
    const lag = new Map<string, bigint>();
    for (const { topic, head, applier } of this.lanes.values()) {
      const behind = head > applier.position ? head - applier.position : 0n;
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
    this.unwatch?.();
    this.track(this.replayer.stop());
    const { group } = this.subscription;
    const { settings, positions, member, signals } = this.parts;
    const deadline = new AbortController();
    const late = delay(settings.drainMs, 'late' as const, { signal: deadline.signal }).catch(() => 'late' as const);
    const outcome = await Promise.race([Promise.all(this.work), late]);
    deadline.abort();
    if (outcome === 'late') {
      // Its rows are still locked: to release them would be to wait for it after all.
      this.logger.warn(`Group "${group}" did not finish within ${settings.drainMs} ms; its transaction is left behind`);
      return;
    }
    await positions.release(group, member).then(
      () => signals.released(group),
      (error: unknown) => this.logger.debug(`Group "${group}" could not hand over: ${messageOf(error)}`),
    );
  }

  private async start(): Promise<void> {
    for (let attempt = 0; !this.stopping.signal.aborted; attempt++) {
      try {
        for (const topic of this.parts.dispatcher.topics) await this.open(topic);
        break;
      } catch (error) {
        this.failed(error);
        await this.pause(attempt);
      }
    }
    if (this.stopping.signal.aborted) return;
    this.outage = undefined;
    this.unwatch = this.parts.signals.watch({
      topics: this.parts.dispatcher.topics,
      onHead: (topic, partition, head) => this.onHead(topic, partition, head),
      onRelease: (group) => this.onRelease(group),
    });
  }

  private async open(topic: Topic): Promise<void> {
    const { positions, records } = this.parts;
    const { group, from } = this.subscription;
    const heads = await records.heads(topic);
    const start = (head: Head | undefined): bigint => (from === 'latest' ? head?.next : head?.first) ?? 0n;
    await positions.ensure(group, topic, (partition) => start(heads[partition]));
    for (const [partition, { position }] of await positions.of(group, topic.name)) {
      const applier = new Applier({ group, topic: topic.name, partition }, position, this.parts);
      this.lanes.set(`${topic.name}/${partition}`, { topic, applier, head: 0n, running: false, passive: false });
    }
  }

  private onHead(topic: string, partition: number, head: Head): void {
    const lane = this.lanes.get(`${topic}/${partition}`);
    if (!lane) return;
    if (head.next > lane.head) lane.head = head.next;
    this.parts.metrics.lag(this.subscription.group, topic, this.lag().get(topic) ?? 0n);
    this.wake(lane);
  }

  private onRelease(group: string): void {
    if (group !== this.subscription.group) return;
    for (const lane of this.lanes.values()) {
      lane.passive = false;
      this.wake(lane);
    }
  }

  private wake(lane: LaneState): void {
    if (lane.running || lane.applier.position >= lane.head || this.stopping.signal.aborted) return;
    lane.running = true;
    this.track(this.run(lane));
  }

  private track(work: Promise<void>): void {
    this.work.add(work);
    void work.finally(() => this.work.delete(work)).catch(() => undefined);
  }

  private async run(lane: LaneState): Promise<void> {
    let failures = 0;
    while (lane.applier.position < lane.head && !this.stopping.signal.aborted) {
      try {
        if (!lane.passive || (await this.isLeftBehind(lane))) {
          await this.places.run(() => this.applyNext(lane));
          lane.passive = false;
        }
        if (failures > 0) this.recovered();
        failures = 0;
      } catch (error) {
        if (error instanceof PartitionTakenError) {
          lane.passive = true;
          // The database has answered. This may be all there is to do: a commit whose answer was lost looks like this.
          if (failures > 0) this.recovered();
          failures = 0;
        } else {
          this.failed(error);
          await this.pause(failures++);
        }
      }
    }
    lane.running = false;
  }

  /** One batch; the place is given up after it, so that partitions take turns. */
  private async applyNext(lane: LaneState): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { applier, topic } = lane;
    const { settings, records } = this.parts;
    const limits = { records: settings.batchRecords, bytes: settings.batchBytes };
    const began = performance.now();
    const batch = await records.read(topic, applier.lane.partition, applier.position, limits);
    if (batch.records.length > 0) this.parts.metrics.read(this.subscription.group, performance.now() - began);
    const first = batch.records[0]?.offset ?? batch.next;
    const none = batch.records.length === 0;
    if (first > applier.position && !topic.compacted) await applier.skipLost(first);
    else if (first > applier.position && none) await applier.skipTo(first);
    else if (none) lane.head = applier.position;
    if (!none) await applier.apply(batch.records, this.stopping.signal);
  }

  /** Whether the member that works on a partition has stopped doing so: it is behind and has not moved for a while. */
  private async isLeftBehind(lane: LaneState): Promise<boolean> {
    const { applier } = lane;
    await delay(this.parts.settings.pollMs * (0.5 + Math.random() / 2), undefined, {
      signal: this.stopping.signal,
    }).catch(() => undefined);
    if (this.stopping.signal.aborted || !lane.passive) return true;
    const known = (await this.parts.positions.of(applier.lane.group, applier.lane.topic)).get(applier.lane.partition);
    const moved = known !== undefined && known.position !== applier.position;
    if (known) applier.position = known.position;
    return !moved && applier.position < lane.head;
  }

  private failed(error: unknown): void {
    const message = messageOf(error);
    if (!this.outage) {
      const { group } = this.subscription;
      if (isOutage(error)) this.logger.warn(`Group "${group}" waits: ${message}`);
      else this.logger.error(`Group "${group}" cannot go on`, error instanceof Error ? error : new Error(message));
    }
    this.outage = message;
  }

  private recovered(): void {
    this.logger.log(`Group "${this.subscription.group}" goes on`);
    this.outage = undefined;
  }

  private async pause(failures: number): Promise<void> {
    const wait = Math.min(50 * 2 ** Math.min(failures, 7), 2_000) * (0.75 + Math.random() / 2);
    await delay(wait, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
