import { Logger } from '@nestjs/common';
import { LimitedWarnings, messageOf, type HealthState, type Metrics } from '#kernel';
import { Redis, type RedisOptions } from 'ioredis';

const CONNECT_TIMEOUT_MS = 5_000;
const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;
const KEEP_ALIVE_MS = 10_000;
const DISCONNECT_TIMEOUT_MS = 500;

export interface RedisLinkOptions {
  readonly url: string;
  /** What the connection is for: in logs, metrics and Redis's own list of clients. */
  readonly use: string;
  /** What happens while Redis cannot be reached, in words, for `/readyz`. */
  readonly meanwhile: string;
  readonly metrics: Metrics;
  /** After how many milliseconds without an answer a connection counts as dead. */
  readonly silenceMs: number;
  readonly redis?: RedisOptions;
}

/**
 * One connection to Redis that outlives Redis: it comes back by itself, notices a peer that has fallen silent, and writes
 * a line when Redis is gone, or gone for another reason, and one when it is back. Neither shows the URL, which may hold a password.
 */
export class RedisLink {
  readonly client: Redis;
  private readonly logger = new Logger('Redis');
  private readonly warnings = new LimitedWarnings('Redis');
  private readonly connected;
  private readonly listeners = new Set<() => void>();
  private failing: string | undefined = 'not connected yet';
  /** The last failure that was written since Redis was last there. */
  private told: string | undefined;
  private closed = false;

  constructor(private readonly options: RedisLinkOptions) {
    this.connected = options.metrics.gauge({
      name: 'gnomon_redis_connected',
      help: 'Whether Redis can be reached, by what it is used for: 1 or 0.',
      labelNames: ['use'],
    });
    this.connected.set({ use: options.use }, 0);
    this.client = connectRedis(options.url, {
      connectionName: `gnomon-${options.use}`,
      socketTimeout: options.silenceMs,
      ...options.redis,
    });
    this.client.on('ready', () => this.ready());
    this.client.on('error', (error: Error) => this.lost(messageOf(error)));
    this.client.on('close', () => this.lost(this.failing ?? 'the connection was closed'));
  }

  /** Why Redis cannot be used at the moment; undefined when it can. */
  get failure(): string | undefined {
    return this.failing;
  }

  /** Ready in either case: what Redis is used for can wait. */
  health(): HealthState {
    return this.failing
      ? { ready: true, reason: `Redis cannot be reached: ${this.options.meanwhile}` }
      : { ready: true };
  }

  /** Calls a listener each time a connection is made, and now if there is one. */
  onReady(listener: () => void): void {
    this.listeners.add(listener);
    if (!this.failing) listener();
  }

  /** Resolves once there is a connection, or after so many milliseconds without. */
  async waitForFirst(patienceMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, patienceMs);
      this.onReady(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  close(): void {
    this.closed = true;
    this.client.disconnect();
  }

  private ready(): void {
    if (this.told) this.logger.log(`Redis (${this.options.use}) is there again`);
    this.told = undefined;
    this.failing = undefined;
    this.connected.set({ use: this.options.use }, 1);
    for (const listener of this.listeners) listener();
  }

  private lost(reason: string): void {
    if (this.closed) return;
    this.connected.set({ use: this.options.use }, 0);
    if (this.told !== reason) this.warnings.warn(`Redis (${this.options.use}) cannot be reached: ${reason}`);
    this.told = reason;
    this.failing = reason;
  }
}

/**
 * A client that tries for ever to connect, with growing, random pauses. Whoever calls has to listen for its errors.
 *
 * @param options `socketTimeout` is how long it waits for an answer before it takes a new connection
 */
export function connectRedis(url: string, options: RedisOptions): Redis {
  const client = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => jittered(Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempt, 10), MAX_RETRY_MS)),
    ...options,
  });
  // ioredis lets the timer of a socket outlive it, and end the next one.
  const internals = client as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined };
  client.on('close', () => {
    clearTimeout(internals.socketTimeoutTimer);
    internals.socketTimeoutTimer = undefined;
  });
  return client;
}

function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
