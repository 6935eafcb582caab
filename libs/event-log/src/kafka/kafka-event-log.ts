import { Logger } from '@nestjs/common';
import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { Database, Tx } from '#database';
import {
  correlationId,
  messageOf,
  newId,
  type Clock,
  type Health,
  type HealthState,
  type Metrics,
  type SettingsOf,
} from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { Dispatcher } from '../consuming/dispatcher.js';
import { ParkingStore } from '../consuming/parking.store.js';
import { PositionStore } from '../consuming/position.store.js';
import type { Consumption, Subscription } from '../consuming/subscription.js';
import type { EventLogSettings } from '../event-log.config.js';
import { EventLog, type FollowOptions, type Follower } from '../event-log.js';
import { LogMetrics } from '../log-metrics.js';
import { appendEvents } from '../postgres/appender.js';
import { encodeEvent, type EncodedEvent } from '../postgres/encoded-event.js';
import { Publisher } from '../postgres/publisher.js';
import type { Signals } from '../signals/signals.js';
import type { TopicCatalog } from '../topic-catalog.js';
import { KafkaCluster, reasonOf } from './kafka-cluster.js';
import { KafkaConsumption } from './kafka-consumption.js';
import { KafkaFollower } from './kafka-follower.js';
import { KafkaSender } from './kafka-sender.js';
import { messageFor } from './log-producer.js';
import { KafkaTopics } from './kafka-topics.js';
import type { KafkaSettings } from './kafka.config.js';
import { OutboxRelay } from './outbox-relay.js';

export interface KafkaEventLogParts {
  /** Of the service whose log this is; one event log for one `Database`. */
  readonly database: Database;
  readonly signals: Signals;
  readonly catalog: TopicCatalog;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  readonly kafka: KafkaSettings;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly health: Health;
}

const TOPICS_TIMEOUT_MS = 10_000;
const PUBLISH_FAILURE_MS = 5_000;
/** What a batch needs beside its payloads: headers, keys, and the event that was over the limit of bytes. */
const BATCH_OVERHEAD_BYTES = 1 << 20;

/**
 * The event log on Apache Kafka. What a transaction appends lands in the service's tables, as on Postgres, and is shipped
 * from there; what is published goes to the brokers directly. Positions of groups are in the consumers' own schemas.
 */
export class KafkaEventLog extends EventLog {
  private readonly logger = new Logger('EventLog');
  private readonly timer: NodeJS.Timeout;
  private maintaining: Promise<void> | undefined;
  private readonly cluster: KafkaCluster;
  private readonly topics: KafkaTopics;
  private readonly relay: OutboxRelay | undefined;
  private readonly sender: KafkaSender;
  private readonly publisher: Publisher;
  private readonly metrics: LogMetrics;
  private readonly consumptions = new Set<KafkaConsumption>();
  private readonly followers = new Set<KafkaFollower>();
  /** The partitions this process has appended to. What it publishes there must not overtake what it has appended. */
  private readonly outboxLanes = new Set<string>();
  private publishFailure: { readonly reason: string; readonly at: number } | undefined;

  /** @throws DomainError `settings.invalid` if no broker is named */
  constructor(private readonly parts: KafkaEventLogParts) {
    super();
    const { database, settings, catalog, signals } = parts;
    this.metrics = new LogMetrics(parts.metrics);
    this.cluster = new KafkaCluster(parts.kafka, database.schema);
    const owned = catalog.all().filter((topic) => topic.owner === database.schema);
    const maxBatchBytes = settings.maxRecordBytes + settings.publishBatchBytes + BATCH_OVERHEAD_BYTES;
    this.topics = new KafkaTopics(this.cluster, owned, maxBatchBytes);
    this.sender = new KafkaSender(this.cluster);
    this.publisher = new Publisher({
      database,
      settings,
      metrics: this.metrics,
      write: (events) => this.write(events),
    });
    database.onBeforeCommit(async (tx, appended) => {
      if (appended.length === 0) return;
      const events = appended.map((event) => this.encode(event));
      for (const event of events) this.outboxLanes.add(laneOf(event));
      await this.append(tx, events);
    });
    if (owned.length > 0) {
      const { cluster } = this;
      const { metrics } = this;
      const { ready } = this.topics;
      this.relay = new OutboxRelay({ database, signals, cluster, settings, metrics, topics: owned, ready });
    }
    this.timer = setInterval(() => void this.maintainInTurn(), settings.maintenanceMs);
    this.timer.unref();
    parts.health.register(`event-log:${database.schema}`, () => this.health());
  }

  get catalog(): TopicCatalog {
    return this.parts.catalog;
  }

  publish<Schema extends DescMessage>(
    schema: Schema,
    init: MessageInitShape<Schema>,
    { tenantId }: { tenantId: string },
  ): Promise<void> {
    // Not an async function: all that are published together share one promise, and thousands of them add up.
    try {
      const message = create(schema, init);
      return this.publisher.publish(this.encode({ schema, message, tenantId, correlationId: correlationId() }));
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  follow(options: FollowOptions): Follower {
    const topics = options.topics.map((name) => this.catalog.topic(name));
    const follower = new KafkaFollower(topics, options, {
      cluster: this.cluster,
      settings: this.parts.settings,
      onClosed: () => this.followers.delete(follower),
    });
    this.followers.add(follower);
    return follower;
  }

  consume(subscription: Subscription): Consumption {
    const { database, settings, health } = this.parts;
    const consumption = new KafkaConsumption(subscription, {
      database,
      settings,
      cluster: this.cluster,
      positions: new PositionStore(database),
      parking: new ParkingStore(database),
      dispatcher: new Dispatcher(subscription, this.catalog),
      metrics: this.metrics,
      member: newId(),
    });
    this.consumptions.add(consumption);
    health.register(`event-log:${database.schema}:${subscription.group}`, () => consumption.health());
    return consumption;
  }

  /** Retention and compaction are the brokers' work, with the limits that the topics were made with, in their own time. */
  async maintain(): Promise<void> {
    const { database, settings } = this.parts;
    const parking = new ParkingStore(database);
    for (const [group, dropped] of await parking.trim(settings.parkedRecords)) {
      this.metrics.parkedDropped(group, dropped);
      this.logger.warn(`Group "${group}" has too many parked records: the oldest ${dropped} were removed`);
    }
    this.metrics.parkedNow(database.schema, await parking.count());
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    await Promise.all([...this.followers].map((follower) => follower.close()));
    await this.publisher.drain();
    await this.topics.stop();
    await this.relay?.close();
    await this.sender.close();
    await this.maintaining;
  }

  private async maintainInTurn(): Promise<void> {
    this.maintaining ??= this.maintain()
      .catch((error: unknown) => this.logger.warn(`Parked records could not be counted: ${messageOf(error)}`))
      .finally(() => (this.maintaining = undefined));
    await this.maintaining;
  }

  private health(): HealthState {
    const { publishFailure } = this;
    // Forgotten after a while: a process that is not ready is sent nothing that would show it that all is well again.
    const recent = publishFailure && performance.now() - publishFailure.at < PUBLISH_FAILURE_MS;
    const reason = this.topics.failure ?? this.relay?.failure ?? (recent ? publishFailure.reason : undefined);
    return reason ? { ready: false, reason } : { ready: true };
  }

  private encode(event: Parameters<typeof encodeEvent>[0]): EncodedEvent {
    return encodeEvent(event, this.catalog, this.parts.database.schema, this.parts.settings.maxRecordBytes);
  }

  /** The last statement of a transaction; the relay is woken once it has committed. */
  private async append(tx: Tx, events: readonly EncodedEvent[]): Promise<void> {
    const lanes = await appendEvents(tx, events, this.parts.clock.now());
    tx.afterCommit(() => {
      for (const lane of lanes) {
        this.metrics.appended(lane.topic, lane.records);
        this.parts.signals.moved(lane.topic, lane.partition, lane.next);
      }
    });
  }

  private async write(events: readonly EncodedEvent[]): Promise<void> {
    if (this.outboxLanes.size === 0) return this.send(events);
    const queued: EncodedEvent[] = [];
    const direct: EncodedEvent[] = [];
    for (const event of events) (this.outboxLanes.has(laneOf(event)) ? queued : direct).push(event);
    if (queued.length > 0) await this.parts.database.transaction((tx) => this.append(tx, queued));
    if (direct.length > 0) await this.send(direct);
  }

  private async send(events: readonly EncodedEvent[]): Promise<void> {
    try {
      await this.untilTopicsAreThere();
      const time = this.parts.clock.now();
      await this.sender.send(
        events.map((event) => messageFor(this.cluster.nameOf(event.topic.name), { ...event, time })),
      );
      for (const [topic, records] of countByTopic(events)) this.metrics.appended(topic, records);
      this.publishFailure = undefined;
    } catch (error) {
      this.publishFailure = { reason: `nothing can be published: ${reasonOf(error)}`, at: performance.now() };
      throw new Error(`${this.parts.kafka.brokers}: ${reasonOf(error)}`, { cause: error });
    }
  }

  private async untilTopicsAreThere(): Promise<void> {
    if (!this.topics.failure) return;
    const late = new AbortController();
    const timeout = delay(TOPICS_TIMEOUT_MS, 'late' as const, { signal: late.signal }).catch(() => 'late' as const);
    const outcome = await Promise.race([this.topics.ready, timeout]);
    late.abort();
    if (outcome === 'late') throw new Error(this.topics.failure);
  }
}

function countByTopic(events: readonly EncodedEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of events) counts.set(topic.name, (counts.get(topic.name) ?? 0) + 1);
  return counts;
}

function laneOf(event: EncodedEvent): string {
  return `${event.topic.name}/${event.partition}`;
}
