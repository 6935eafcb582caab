import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Database } from '#database';
import { Health, Metrics, type SettingsOf } from '#kernel';
import { RedisSettings } from '#redis';
import { EventLogSettings } from '../event-log.config.js';
import { RedisWakeUps } from './redis-wake-ups.js';
import { Signals } from './signals.js';

/** One `Signals` for each database that the services of this process use: in most cases there is one. */
@Injectable()
export class SignalsHub implements OnApplicationShutdown {
  private readonly signals = new Map<string, Signals>();
  private readonly redis: RedisWakeUps | undefined;

  constructor(
    @Inject(EventLogSettings.token) private readonly settings: SettingsOf<typeof EventLogSettings>,
    @Inject(RedisSettings.token) redisSettings: RedisSettings,
    metrics: Metrics,
    health: Health,
  ) {
    if (settings.wakeUps !== 'redis') return;
    const redis = new RedisWakeUps(redisSettings, metrics);
    health.register('wake-ups', () => redis.health());
    this.redis = redis;
  }

  of(database: Database): Signals {
    const { options } = database.dataSource;
    if (options.type !== 'postgres' || !options.url)
      throw new Error('The event log needs a Postgres data source with a URL.');
    const found = this.signals.get(options.url) ?? new Signals(options.url, this.settings.pollMs, this.redis);
    this.signals.set(options.url, found);
    return found;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.signals.values()].map((signals) => signals.close()));
    this.redis?.close();
  }
}
