import {
  Global,
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DatabaseSettings } from '#database';
import { Health, Metrics, type SettingsOf } from '#kernel';
import { RedisSettings } from '#redis';
import { BullJobs } from './bull-jobs.js';
import { JobsBackend } from './jobs-backend.js';
import { JobsSettings } from './jobs.config.js';
import { Jobs } from './jobs.js';
import { PostgresBackend } from './postgres-backend.js';
import { RedisBackend } from './redis-backend.js';

/** What the jobs of all services of a process share. */
@Global()
@Module({
  providers: [
    JobsSettings.provider,
    DatabaseSettings.provider,
    RedisSettings.provider,
    {
      provide: JobsBackend,
      inject: [JobsSettings.token, DatabaseSettings.token, RedisSettings.token, Metrics, Health],
      useFactory: (
        settings: SettingsOf<typeof JobsSettings>,
        database: SettingsOf<typeof DatabaseSettings>,
        redis: RedisSettings,
        metrics: Metrics,
        health: Health,
      ): JobsBackend => {
        if (settings.backend === 'postgres') return new PostgresBackend(database);
        const backend = new RedisBackend({ settings, redis, metrics });
        health.register('jobs', () => backend.health());
        return backend;
      },
    },
  ],
  exports: [JobsBackend, JobsSettings.token],
})
class JobsProcessModule {}

@Injectable()
class JobsLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(@Inject(Jobs) private readonly jobs: BullJobs) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.jobs.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.jobs.stop();
  }
}

/** Gives one service its `Jobs`. Bind handlers with `jobWorker`. */
@Module({})
export class JobsModule {
  static forService(options: { service: string }): DynamicModule {
    return {
      module: JobsModule,
      imports: [JobsProcessModule],
      providers: [
        JobsLifecycle,
        {
          provide: Jobs,
          inject: [JobsBackend, JobsSettings.token, Metrics],
          useFactory: async (backend: JobsBackend, settings: SettingsOf<typeof JobsSettings>, metrics: Metrics) => {
            await backend.open();
            return new BullJobs({ ...options, backend, settings, metrics });
          },
        },
      ],
      exports: [Jobs],
    };
  }
}
