import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DatabaseSettings, endureCutConnections } from '#database';
import { DomainError, type SettingsOf } from '#kernel';
import {
  Queue,
  Worker,
  createPostgresBackend,
  runMigrations,
  type Job,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import pg from 'pg';
import { checkJobsMigrated, JOBS_SCHEMA } from './jobs-tables.js';
import { JobsSettings } from './jobs.config.js';

const REDIS_PREFIX = 'gnomon-jobs';
/** One for each service's worker to listen on, and some for all of them to share. */
const MAX_CONNECTIONS = 20;

/** What is on the queue under a job's name. */
export interface Envelope {
  readonly data: unknown;
  readonly correlationId: string;
}

export type JobQueue = Pick<
  Queue<Envelope>,
  'add' | 'close' | 'on' | 'getJobCounts' | 'upsertJobScheduler' | 'getJobSchedulers' | 'removeJobScheduler'
>;
export type JobWorker = Pick<Worker<Envelope>, 'on' | 'close' | 'waitUntilReady'>;

/** Where the jobs of all services of this process wait: the one place that knows BullMQ's backends. */
@Injectable()
export class JobsBackend implements OnApplicationShutdown {
  private readonly logger = new Logger('Jobs');
  private pool: pg.Pool | undefined;
  private opened: Promise<void> | undefined;

  constructor(
    @Inject(JobsSettings.token) private readonly settings: SettingsOf<typeof JobsSettings>,
    @Inject(DatabaseSettings.token) private readonly database: SettingsOf<typeof DatabaseSettings>,
  ) {}

  /** Connects, and brings BullMQ's tables up to date unless GNOMON_MIGRATE says no; several processes may do so at once. */
  open(): Promise<void> {
    this.opened ??= this.settings.backend === 'redis' ? this.checkRedis() : this.openPostgres();
    return this.opened;
  }

  queue(name: string, options: Omit<QueueOptions, 'connection'>): JobQueue {
    if (this.settings.backend === 'redis') return new Queue<Envelope>(name, { ...options, ...this.redis() });
    return new Queue(name, { ...options, connection: this.openedPool() }, createPostgresBackend) as unknown as JobQueue;
  }

  worker(
    name: string,
    run: (job: Job<Envelope>) => Promise<void>,
    options: Omit<WorkerOptions, 'connection'>,
  ): JobWorker {
    if (this.settings.backend === 'redis') return new Worker<Envelope>(name, run, { ...options, ...this.redis() });
    const connection = this.openedPool();
    return new Worker(name, run as never, { ...options, connection }, createPostgresBackend) as unknown as JobWorker;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.end();
  }

  private redis(): { connection: { url: string; maxRetriesPerRequest: null }; prefix: string } {
    return { connection: { url: this.settings.redisUrl!, maxRetriesPerRequest: null }, prefix: REDIS_PREFIX };
  }

  private async checkRedis(): Promise<void> {
    if (this.settings.redisUrl) return;
    const message = 'GNOMON_REDIS_URL is not set, and GNOMON_JOBS_BACKEND is redis.';
    throw new DomainError('unavailable', 'settings.missing', message, { field: 'GNOMON_REDIS_URL' });
  }

  private async openPostgres(): Promise<void> {
    this.pool = new pg.Pool({
      connectionString: this.database.url,
      application_name: 'gnomon-jobs',
      max: MAX_CONNECTIONS,
      keepAlive: true,
      connectionTimeoutMillis: 15_000,
      options: `-c search_path=${JOBS_SCHEMA} -c timezone=UTC`,
    });
    endureCutConnections(this.pool);
    this.pool.on('error', (error) => this.logger.debug(`An idle connection was lost: ${error.message}`));
    const client = await this.pool.connect();
    try {
      await (this.database.migrate ? runMigrations(client, JOBS_SCHEMA) : checkJobsMigrated(client));
    } finally {
      client.release();
    }
  }

  private openedPool(): pg.Pool {
    if (!this.pool) throw new Error('The jobs backend is not open yet.');
    return this.pool;
  }
}
