import { LimitedWarnings, messageOf, type HealthState, type Metrics, type SettingsOf } from '#kernel';
import { RedisLink, connectRedis, redisUrl, type RedisSettings } from '#redis';
import {
  Queue,
  QueueKeys,
  RedisConnection,
  RedisQueueBackend,
  Worker,
  type BackendFactory,
  type Job,
  type WorkerOptions,
} from 'bullmq';
import { JobsBackend, type Envelope, type JobQueue, type JobWorker } from './jobs-backend.js';
import type { JobsSettings } from './jobs.config.js';
import { withPatience } from './patience.js';
import { RedisKeeper } from './redis-keeper.js';

/** How long the start waits for Redis. Without it, jobs wait until it is there. */
const START_PATIENCE_MS = 2_000;
const SILENCE_MS = 10_000;
/** A worker waits up to 10 seconds on a connection of its own for its next job. */
const BLOCKING_SILENCE_MS = 15_000;
/** Nobody reads BullMQ's stream of events. */
const MAX_EVENTS = 100;
const OLDEST_VERSION = [6, 2];

export interface RedisBackendParts {
  readonly settings: SettingsOf<typeof JobsSettings>;
  readonly redis: RedisSettings;
  readonly metrics: Metrics;
}

/**
 * Jobs in Redis: one connection for all that the services of this process say, and one more for each that works, on which
 * it waits. What is in Redis may go at any time, and Redis itself may be away: then jobs wait.
 */
export class RedisBackend extends JobsBackend {
  private readonly warnings = new LimitedWarnings('Jobs');
  private readonly prefix: string;
  private readonly queues: RedisQueueBackend[] = [];
  private readonly keeper: RedisKeeper;
  private readonly url: string;
  private readonly link: RedisLink;
  private timer: NodeJS.Timeout | undefined;
  private keeping = false;
  private opened: Promise<void> | undefined;

  /** @throws DomainError `settings.missing` where no Redis is named */
  constructor(private readonly parts: RedisBackendParts) {
    super();
    const { redis, metrics } = parts;
    this.url = redisUrl(redis, 'GNOMON_JOBS_BACKEND is redis');
    this.prefix = `${redis.prefix}:jobs`;
    this.link = new RedisLink({
      url: this.url,
      use: 'jobs',
      meanwhile: 'jobs wait',
      silenceMs: SILENCE_MS,
      metrics,
      // What was on its way when a connection broke is sent again: a job that is done must not look as if it had failed.
      redis: { maxRetriesPerRequest: null },
    });
    this.keeper = new RedisKeeper(this.link.client, redis.prefix, parts.settings.upkeepMs);
  }

  get failure(): string | undefined {
    return this.link.failure;
  }

  open(): Promise<void> {
    this.opened ??= this.start();
    return this.opened;
  }

  queue(name: string): JobQueue {
    const options = { connection: this.link.client, prefix: this.prefix, streams: { events: { maxLen: MAX_EVENTS } } };
    const queue = new Queue(name, options, this.factory);
    this.queues.push(queue.getBackend());
    return queue;
  }

  worker(
    name: string,
    run: (job: Job<Envelope>) => Promise<void>,
    options: Omit<WorkerOptions, 'connection'>,
  ): JobWorker {
    const connection = this.link.client;
    const all = { ...options, connection, prefix: this.prefix };
    return new Worker(name, run as never, all, this.factory);
  }

  onReturn(listener: () => void): void {
    this.link.onReady(listener);
  }

  health(): HealthState {
    return this.link.health();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.link.close();
  }

  private async start(): Promise<void> {
    this.link.onReady(() => void this.lookAt());
    this.link.onReady(() => void this.keep());
    this.timer = setInterval(() => void this.keep(), this.parts.settings.upkeepMs);
    this.timer.unref();
    await this.link.waitForFirst(START_PATIENCE_MS);
  }

  /** BullMQ's own makes connections that we could neither share nor limit in time. */
  private readonly factory: BackendFactory<RedisQueueBackend> = (
    name,
    options,
    { withBlockingConnection = false } = {},
  ) => {
    const keys = new QueueKeys(this.prefix);
    const connection = connectionOf(this.link.client, { shared: true, blocking: false });
    const waiting = withBlockingConnection ? this.waitingConnection(name) : undefined;
    const toKey = (type: string): string => keys.toKey(name, type);
    return withPatience(new RedisQueueBackend(connection, name, keys.getKeys(name), toKey, options, waiting));
  };

  private waitingConnection(name: string): RedisConnection {
    const client = connectRedis(this.url, {
      connectionName: `gnomon-jobs-${name}`,
      maxRetriesPerRequest: null,
      socketTimeout: BLOCKING_SILENCE_MS,
    });
    return connectionOf(client, { shared: false, blocking: true });
  }

  /** Expiry for every key, and what BullMQ sets once when a queue is opened and would not set again. */
  private async keep(): Promise<void> {
    if (this.keeping || this.failure) return;
    this.keeping = true;
    try {
      for (const queue of this.queues) await queue.setQueueMeta({ 'opts.maxLenEvents': MAX_EVENTS });
      await this.keeper.keep();
    } catch (error) {
      this.warnings.warn(`The keys of jobs were not looked after: ${messageOf(error)}`);
    } finally {
      this.keeping = false;
    }
  }

  private async lookAt(): Promise<void> {
    try {
      const info = await this.link.client.info();
      const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
      if (policy !== 'noeviction')
        this.warnings.warn(
          `Redis evicts keys (maxmemory-policy ${policy}) and so delays jobs: it should be noeviction`,
        );
      const version = /^redis_version:(\d+)\.(\d+)/m.exec(info)?.slice(1).map(Number) ?? OLDEST_VERSION;
      if (version[0]! < OLDEST_VERSION[0]! || (version[0] === OLDEST_VERSION[0] && version[1]! < OLDEST_VERSION[1]!))
        this.warnings.warn(`Redis ${version.join('.')} is too old for jobs: ${OLDEST_VERSION.join('.')} is the oldest`);
    } catch (error) {
      this.warnings.warn(`Redis does not say what it is: ${messageOf(error)}`);
    }
  }
}

/** BullMQ's own look at the version is left out: it writes to the console, and a failure of it is never got over. */
function connectionOf(client: RedisLink['client'], role: { shared: boolean; blocking: boolean }): RedisConnection {
  const connection = new RedisConnection(client, { ...role, skipVersionCheck: true });
  connection.client.then(
    () => (connection.capabilities = { canDoubleTimeout: true, canBlockFor1Ms: true }),
    () => undefined,
  );
  return connection;
}
