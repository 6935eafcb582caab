import { Logger } from '@nestjs/common';
import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf';
import type { Database, Tx } from '#database';
import { correlationId, messageOf, newId, type Clock, type Health, type Metrics, type SettingsOf } from '#kernel';
import type { ApplierParts } from '../consuming/applier.js';
import { Dispatcher } from '../consuming/dispatcher.js';
import { ParkingStore } from '../consuming/parking.store.js';
import { PositionStore } from '../consuming/position.store.js';
import type { Consumption, Subscription } from '../consuming/subscription.js';
import type { EventLogSettings } from '../event-log.config.js';
import { EventLog, type FollowOptions, type Follower } from '../event-log.js';
import { LogMetrics } from '../log-metrics.js';
import type { Topic, TopicCatalog } from '../topic-catalog.js';
import { appendEvents } from './appender.js';
import { Backlog } from './backlog.js';
import { encodeEvent, type EncodedEvent } from './encoded-event.js';
import { PostgresConsumption } from './postgres-consumption.js';
import { PostgresFollower } from './postgres-follower.js';
import { Publisher } from './publisher.js';
import { RecordStore } from './record.store.js';
import { Retention } from './retention.js';
import type { Signals } from '../signals/signals.js';

export interface PostgresEventLogParts {
  /** Of the service whose log this is; one event log for one `Database`. */
  readonly database: Database;
  readonly signals: Signals;
  readonly catalog: TopicCatalog;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly health: Health;
}

/** The event log in Postgres: each service's topics live in tables of its own schema. Nothing to install. */
export class PostgresEventLog extends EventLog {
  private readonly logger = new Logger('EventLog');
  private readonly records: RecordStore;
  private readonly retention: Retention;
  private readonly backlog: Backlog;
  private readonly publisher: Publisher;
  private readonly metrics: LogMetrics;
  private readonly consumptions = new Set<PostgresConsumption>();
  private readonly followers = new Set<PostgresFollower>();
  private maintaining: Promise<void> | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: PostgresEventLogParts) {
    super();
    const { database, settings } = parts;
    this.records = new RecordStore(database);
    this.retention = new Retention(database);
    this.backlog = new Backlog(database, this.owned());
    this.metrics = new LogMetrics(parts.metrics);
    this.publisher = new Publisher({
      database,
      settings,
      metrics: this.metrics,
      write: (events) => database.transaction((tx) => this.append(tx, events)),
    });
    database.onBeforeCommit(async (tx, appended) => {
      if (appended.length === 0) return;
      await this.append(
        tx,
        appended.map((event) => this.encode(event)),
      );
    });
    this.timer = setInterval(() => void this.maintainInTurn(), settings.maintenanceMs);
    this.timer.unref();
  }

  get catalog(): TopicCatalog {
    return this.parts.catalog;
  }

  async publish<Schema extends DescMessage>(
    schema: Schema,
    init: MessageInitShape<Schema>,
    options: { tenantId: string },
  ): Promise<void> {
    const event = { schema, message: create(schema, init), tenantId: options.tenantId, correlationId: correlationId() };
    const encoded = this.encode(event);
    this.backlog.admit(encoded.topic);
    await this.publisher.publish(encoded);
  }

  follow(options: FollowOptions): Follower {
    const topics = options.topics.map((name) => this.catalog.topic(name));
    const follower = new PostgresFollower(topics, options, {
      records: this.records,
      signals: this.parts.signals,
      settings: this.parts.settings,
      onClosed: () => this.followers.delete(follower),
    });
    this.followers.add(follower);
    return follower;
  }

  consume(subscription: Subscription): Consumption {
    const { database, settings, signals, health } = this.parts;
    const applierParts: ApplierParts = {
      database,
      settings,
      positions: new PositionStore(database),
      parking: new ParkingStore(database),
      dispatcher: new Dispatcher(subscription, this.catalog),
      metrics: this.metrics,
      member: newId(),
    };
    const consumption = new PostgresConsumption(subscription, { ...applierParts, records: this.records, signals });
    this.consumptions.add(consumption);
    health.register(`event-log:${database.schema}:${subscription.group}`, () => consumption.health());
    return consumption;
  }

  async maintain(now: Date = this.parts.clock.now()): Promise<void> {
    await this.retention.apply(this.owned(), now);
    await this.backlog.check();
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
    await this.backlog.close();
    await this.maintaining;
  }

  private owned(): Topic[] {
    return this.catalog.all().filter((topic) => topic.owner === this.parts.database.schema);
  }

  private encode(event: Parameters<typeof encodeEvent>[0]): EncodedEvent {
    return encodeEvent(event, this.catalog, this.parts.database.schema, this.parts.settings.maxRecordBytes);
  }

  /** The last statement of a transaction; readers are woken once it has committed. */
  private async append(tx: Tx, events: readonly EncodedEvent[]): Promise<void> {
    const lanes = await appendEvents(tx, events, this.parts.clock.now());
    tx.afterCommit(() => {
      for (const lane of lanes) {
        this.metrics.appended(lane.topic, lane.records);
        this.parts.signals.moved(lane.topic, lane.partition, lane.next);
      }
    });
  }

  private async maintainInTurn(): Promise<void> {
    this.maintaining ??= this.maintain()
      .catch((error: unknown) => this.logger.warn(`Retention did not finish: ${messageOf(error)}`))
      .finally(() => (this.maintaining = undefined));
    await this.maintaining;
  }
}
