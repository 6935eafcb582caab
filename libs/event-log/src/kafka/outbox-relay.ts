import { Logger } from '@nestjs/common';
import type { Database } from '#database';
import type { SettingsOf } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { isMissingTable } from '../consuming/outage.js';
import type { EventLogSettings } from '../event-log.config.js';
import type { LogMetrics } from '../log-metrics.js';
import type { Signals } from '../signals/signals.js';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';
import { KafkaReader } from './kafka-reader.js';
import { KafkaSender } from './kafka-sender.js';
import { messageFor } from './log-producer.js';
import { OutboxStore, type RelayLane } from './outbox.store.js';

export interface RelayParts {
  readonly database: Database;
  readonly signals: Signals;
  readonly cluster: KafkaCluster;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  readonly metrics: LogMetrics;
  /** The topics that the service owns. */
  readonly topics: readonly Topic[];
  /** Resolves once they are on the brokers. */
  readonly ready: Promise<void>;
}

const LANES_PER_ROUND = 16;
const LOCK_EVERY_MS = 500;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 500;
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Ships what a service has appended from its outbox to the brokers: in order, and again from where it may have failed. One
 * process of a service does so at a time. Whoever begins first looks what the log already holds, so a record goes out
 * twice only if it was still under way then; readers drop such a record by its outbox offset.
 */
export class OutboxRelay {
  private readonly logger = new Logger('EventLog');
  private readonly closing = new AbortController();
  private readonly lanes = new Map<string, RelayLane>();
  private readonly unwatch: () => void;
  private readonly running: Promise<void>;
  private closeBy = 0;
  private pause = FIRST_PAUSE_MS;
  private wake: (() => void) | undefined;
  private failing: string | undefined;

  constructor(private readonly parts: RelayParts) {
    this.unwatch = parts.signals.watch({
      topics: parts.topics,
      onHead: (topic, partition, head) => this.onHead(topic, partition, head.next),
    });
    this.running = this.run();
  }

  /** Why nothing is shipped; undefined while all is well, also where another process does it. */
  get failure(): string | undefined {
    return this.failing;
  }

  /** Ships what there is, for a short time, then leaves the rest to the next relay. */
  async close(): Promise<void> {
    this.closeBy = Date.now() + CLOSE_TIMEOUT_MS;
    this.closing.abort();
    this.unwatch();
    this.wake?.();
    await this.running;
  }

  private onHead(topic: string, partition: number, end: bigint): void {
    const lane = this.lanes.get(`${topic}/${partition}`);
    if (!lane || end <= lane.end) return;
    lane.end = end;
    this.measure();
    this.wake?.();
  }

  private async run(): Promise<void> {
    const aborted = new Promise<void>((resolve) =>
      this.closing.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([this.parts.ready, aborted]).catch(() => undefined);
    while (!this.closing.signal.aborted) {
      try {
        await this.serve();
      } catch (error) {
        this.failed(error);
      }
      await this.wait(this.pause);
      this.pause = Math.min(this.pause * 2, MAX_PAUSE_MS);
    }
  }

  /** From taking the lock to losing it, or to the end. */
  private async serve(): Promise<void> {
    const { database, settings, cluster } = this.parts;
    const store = await OutboxStore.connect(database, settings.stallMs);
    const sender = new KafkaSender(cluster);
    try {
      while (!(await store.lock())) {
        this.failing = undefined;
        await this.wait(LOCK_EVERY_MS);
        if (this.closing.signal.aborted) return;
      }
      await this.begin(store);
      this.recovered();
      this.pause = FIRST_PAUSE_MS;
      for (;;) {
        store.checkConnection();
        const behind = [...this.lanes.values()].filter((lane) => lane.position < lane.end);
        if (this.closing.signal.aborted && (behind.length === 0 || Date.now() > this.closeBy)) return;
        if (behind.length > 0) await this.ship(store, sender, behind.slice(0, LANES_PER_ROUND));
        else await this.sleep();
      }
    } finally {
      this.lanes.clear();
      this.measure();
      await Promise.all([store.close(), sender.close()]);
    }
  }

  /** Finds out how far the log really got: the last relay may have died between sending and remembering. */
  private async begin(store: OutboxStore): Promise<void> {
    const lanes = await store.lanes(this.parts.topics);
    const reader = new KafkaReader(
      this.parts.cluster,
      this.parts.topics.map((topic) => topic.name),
    );
    try {
      await this.catchUp(reader, lanes);
    } finally {
      await reader.close();
    }
    for (const lane of lanes) {
      if (lane.position > lane.end) {
        throw new Error(
          `The log holds outbox offset ${lane.position - 1n} of ${nameOf(lane)}, but the outbox ends at ${lane.end}: was the database set back?`,
        );
      }
    }
    await store.shipped(lanes);
    for (const lane of lanes) this.lanes.set(nameOf(lane), lane);
  }

  private async catchUp(reader: KafkaReader, lanes: readonly RelayLane[]): Promise<void> {
    const heads = await reader.heads();
    const goals = new Map<RelayLane, bigint>();
    for (const lane of lanes) {
      const head = heads.get(lane.topic.name)?.[lane.partition];
      if (!head) throw new Error(`Topic "${lane.topic.name}" has no partition ${lane.partition}.`);
      if (lane.logOffset > head.next) {
        this.logger.warn(`${nameOf(lane)} ends at ${head.next} but had reached ${lane.logOffset}: it has lost records`);
        lane.logOffset = head.next;
      }
      if (lane.logOffset < head.first) lane.logOffset = head.first;
      goals.set(lane, head.next);
    }
    for (;;) {
      const behind = lanes.filter((lane) => lane.logOffset < goals.get(lane)!);
      if (behind.length === 0) return;
      const wanted = behind.map((lane) => ({
        topic: lane.topic.name,
        partition: lane.partition,
        offset: lane.logOffset,
      }));
      for (const [node, some] of await reader.byLeader(wanted)) {
        for (const read of await reader.read(node, some, { bytes: 1 << 20, waitMs: 100 })) {
          const lane = behind.find((each) => nameOf(each) === `${read.topic}/${read.partition}`)!;
          for (const { outboxOffset } of read.records) {
            if (outboxOffset !== undefined && outboxOffset >= lane.position) lane.position = outboxOffset + 1n;
          }
          lane.logOffset = read.next;
        }
      }
    }
  }

  private async ship(store: OutboxStore, sender: KafkaSender, lanes: readonly RelayLane[]): Promise<void> {
    const { settings, cluster } = this.parts;
    const limits = { lanes: LANES_PER_ROUND, records: settings.batchRecords, bytes: settings.publishBatchBytes };
    const records = await store.read(lanes, limits);
    const all = [...records.values()].flat();
    if (all.length > 0) {
      const written = await sender.send(all.map((record) => messageFor(cluster.nameOf(record.topic.name), record)));
      for (const { topic, partition, offset } of written) {
        const lane = lanes.find((each) => cluster.nameOf(each.topic.name) === topic && each.partition === partition);
        if (lane) lane.logOffset = offset + BigInt(records.get(lane)!.length);
      }
    }
    for (const [lane, shipped] of records) lane.position = (shipped.at(-1)?.outboxOffset ?? lane.end - 1n) + 1n;
    const oldest = all.reduce<Date | undefined>((least, { time }) => (least && least < time ? least : time), undefined);
    if (oldest) this.parts.metrics.relayed(this.parts.database.schema, oldest);
    this.measure();
    await store.shipped(lanes);
  }

  private measure(): void {
    let waiting = 0n;
    for (const { position, end } of this.lanes.values()) waiting += end > position ? end - position : 0n;
    this.parts.metrics.outbox(this.parts.database.schema, waiting);
  }

  private async sleep(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.parts.settings.pollMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  private failed(error: unknown): void {
    if (this.closing.signal.aborted) return;
    const reason = isMissingTable(error) ? 'its tables are not there yet' : `nothing is shipped: ${reasonOf(error)}`;
    if (reason !== this.failing) this.logger.warn(`The outbox of "${this.parts.database.schema}" waits: ${reason}`);
    this.failing = reason;
  }

  private recovered(): void {
    if (this.failing) this.logger.log(`The outbox of "${this.parts.database.schema}" is shipped again`);
    this.failing = undefined;
  }

  private async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}

function nameOf(lane: RelayLane): string {
  return `${lane.topic.name}/${lane.partition}`;
}
