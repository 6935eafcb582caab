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
import { Metrics, type SettingsOf } from '#kernel';
import { BullJobs } from './bull-jobs.js';
import { JobsBackend } from './jobs-backend.js';
import { JobsSettings } from './jobs.config.js';
import { Jobs } from './jobs.js';

/** What the jobs of all services of a process share. */
@Global()
@Module({
  providers: [JobsBackend, JobsSettings.provider, DatabaseSettings.provider],
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
