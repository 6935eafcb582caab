import { Global, Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Database, DatabaseModule, addSharedMigrations } from '#database';
import { Clock, Health, Metrics, type SettingsOf } from '#kernel';
import { EventLogSettings } from './event-log.config.js';
import { EventLog } from './event-log.js';
import { KafkaEventLog } from './kafka/kafka-event-log.js';
import { KafkaSettings } from './kafka/kafka.config.js';
import { EventLogOutbox1610000000000 } from './migrations/event-log-outbox-1610000000000.js';
import { EventLogTables1600000000000 } from './migrations/event-log-tables-1600000000000.js';
import { PostgresEventLog } from './postgres/postgres-event-log.js';
import { SignalsHub } from './postgres/signals-hub.js';
import { TopicCatalog } from './topic-catalog.js';

addSharedMigrations(EventLogTables1600000000000, EventLogOutbox1610000000000);

/** What the event logs of all services of a process share. */
@Global()
@Module({
  providers: [SignalsHub, EventLogSettings.provider, KafkaSettings.provider],
  exports: [SignalsHub, EventLogSettings.token, KafkaSettings.token],
})
class EventLogProcessModule {}

@Injectable()
class EventLogLifecycle implements OnApplicationShutdown {
  constructor(@Inject(EventLog) private readonly log: EventLog) {}

  async onApplicationShutdown(): Promise<void> {
    await this.log.close();
  }
}

/** Gives one service its `EventLog`. Import it after `DatabaseModule.forService`, whose `Database` it writes to. */
@Module({})
export class EventLogModule {
  /** @param options.service the service's name, which is also its schema's and the owner of its topics */
  static forService(options: { service: string }): DynamicModule {
    return {
      module: EventLogModule,
      imports: [EventLogProcessModule, DatabaseModule.ofService(options.service)],
      providers: [
        EventLogLifecycle,
        {
          provide: EventLog,
          inject: [Database, SignalsHub, EventLogSettings.token, KafkaSettings.token, Metrics, Clock, Health],
          useFactory: (
            database: Database,
            hub: SignalsHub,
            settings: SettingsOf<typeof EventLogSettings>,
            kafka: KafkaSettings,
            metrics: Metrics,
            clock: Clock,
            health: Health,
          ) => {
            const signals = hub.of(database);
            const catalog = TopicCatalog.ofContracts();
            const parts = { database, signals, settings, metrics, clock, health, catalog };
            return kafka.driver === 'kafka' ? new KafkaEventLog({ ...parts, kafka }) : new PostgresEventLog(parts);
          },
        },
      ],
      exports: [EventLog],
    };
  }
}
