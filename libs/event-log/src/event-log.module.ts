import { Global, Inject, Injectable, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { Database, DatabaseModule, addSharedMigrations } from '#database';
import { Clock, Health, Metrics, type SettingsOf } from '#kernel';
import { RedisSettings } from '#redis';
import { EVENT_LOG_MIGRATIONS } from './event-log-migrations.js';
import { EventLogSettings } from './event-log.config.js';
import { EventLog } from './event-log.js';
import { KafkaEventLog } from './kafka/kafka-event-log.js';
import { KafkaSettings } from './kafka/kafka.config.js';
import { PostgresEventLog } from './postgres/postgres-event-log.js';
import { SignalsHub } from './signals/signals-hub.js';
import { TopicCatalog } from './topic-catalog.js';

addSharedMigrations(...EVENT_LOG_MIGRATIONS);

/** What the event logs of all services of a process share. */
@Global()
@Module({
  providers: [SignalsHub, EventLogSettings.provider, KafkaSettings.provider, RedisSettings.provider],
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
