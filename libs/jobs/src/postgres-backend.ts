import { Logger } from '@nestjs/common';
import { endureCutConnections, type DatabaseSettings } from '#database';
import type { SettingsOf } from '#kernel';
import { Queue, Worker, createPostgresBackend, runMigrations, type Job, type WorkerOptions } from 'bullmq';
import pg from 'pg';
import { JobsBackend, type Envelope, type JobQueue, type JobWorker } from './jobs-backend.js';
import { checkJobsMigrated, JOBS_SCHEMA } from './jobs-tables.js';
import { withPatience } from './patience.js';

/** One for each service's worker to listen on, and some for all of them to share. */
const MAX_CONNECTIONS = 20;

/** Jobs in BullMQ's own tables, with one pool for all services of this process. */
export class PostgresBackend extends JobsBackend {
  readonly failure = undefined;
  private readonly logger = new Logger('Jobs');
  private pool: pg.Pool | undefined;
  private opened: Promise<void> | undefined;

  constructor(private readonly database: SettingsOf<typeof DatabaseSettings>) {
    super();
  }

  /** Brings BullMQ's tables up to date, unless GNOMON_MIGRATE says no. */
  open(): Promise<void> {
    this.opened ??= this.connect();
    return this.opened;
  }

  queue(name: string): JobQueue {
    return new Queue(name, { connection: this.openedPool() }, createPostgresBackend) as unknown as JobQueue;
  }

  worker(
    name: string,
    run: (job: Job<Envelope>) => Promise<void>,
    options: Omit<WorkerOptions, 'connection'>,
  ): JobWorker {
    const connection = this.openedPool();
    const patient: typeof createPostgresBackend = (...args) => withPatience(createPostgresBackend(...args));
    return new Worker(name, run as never, { ...options, connection }, patient) as unknown as JobWorker;
  }

  onReturn(): void {}

  async onApplicationShutdown(): Promise<void> {
    await this.pool?.end();
  }

  private async connect(): Promise<void> {
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
