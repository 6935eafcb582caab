import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { chooseServer } from './choose-server.js';
import { Container, dockerAnswers } from './docker.js';
import { freePort } from './free-port.js';
import { leash } from './leash.js';

const IMAGE = 'redis:7.2.11';
const START_TIMEOUT_MS = 60_000;

/** A Redis that tests may use, and, where it is one of our own, kill. */
export interface TestRedis {
  readonly url: string;
  /** The process of our own server, while it runs; undefined where `REDIS_URL` named another. */
  readonly pid: number | undefined;
  /** Forgets all keys: with FLUSHALL; of a server that is not ours, only those of the URL's database. */
  flush(): Promise<void>;
  /** kill -9. Only a server of our own. */
  kill(): Promise<void>;
  /** Starts a killed server again on the same port, with what it had written. */
  restart(): Promise<void>;
  /** Ends it; its data goes, unless it lives in a directory that was named. */
  stop(): Promise<void>;
}

export interface RedisOptions {
  /** Where its data lives and stays. Default: a temporary directory that goes with it. */
  readonly directory?: string;
}

/** Why there can be no Redis on this machine, or none of our own; undefined where there can be one. */
export function redisMissing(own = false): string | undefined {
  if (own && process.env['REDIS_URL']) return 'a Redis of its own: unset REDIS_URL, and install redis-server';
  if (own) return hasRedisServer() ? undefined : 'a Redis of its own: install redis-server';
  return sourceOf({}) ? undefined : 'Redis: set REDIS_URL, or install redis-server or Docker';
}

/**
 * A real Redis: the one `REDIS_URL` names, else one of our own on a free loopback port, from `redis-server` or Docker. Our
 * own ends with this process.
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis> {
  const source = sourceOf(options);
  if (!source) throw new Error(redisMissing());
  if (source === 'named') return new NamedRedis(process.env['REDIS_URL']!);
  return source === 'docker' ? DockerRedis.start() : OwnRedis.start(options);
}

function sourceOf({ directory }: RedisOptions): ReturnType<typeof chooseServer> {
  const sources = {
    named: Boolean(process.env['REDIS_URL']),
    docker: dockerAnswers,
    native: hasRedisServer,
  };
  // A directory is for data that stays: that of a container does not.
  return chooseServer(sources, { prefer: 'native', own: directory !== undefined && !sources.named });
}

function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

class NamedRedis implements TestRedis {
  readonly pid = undefined;

  constructor(readonly url: string) {}

  async flush(): Promise<void> {
    await ask(this.url, (client) => client.flushdb());
  }

  async kill(): Promise<void> {
    throw new Error('This Redis is not one of the test run: it cannot be killed.');
  }

  restart = (): Promise<void> => this.kill();

  async stop(): Promise<void> {}
}

class DockerRedis implements TestRedis {
  readonly pid = undefined;

  private constructor(
    private readonly port: number,
    private readonly container: Container,
  ) {}

  static async start(): Promise<DockerRedis> {
    const port = await freePort();
    const settings = ['--port', String(port), '--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];
    const container = await Container.run({
      image: IMAGE,
      command: ['redis-server', ...settings],
      ports: [port],
      readyLine: /Ready to accept connections/,
    });
    return new DockerRedis(port, container);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async flush(): Promise<void> {
    await ask(this.url, (client) => client.flushall());
  }

  kill = (): Promise<void> => this.container.kill();
  restart = (): Promise<void> => this.container.restart();
  stop = (): Promise<void> => this.container.stop();
}

class OwnRedis implements TestRedis {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    private readonly keepsData: boolean,
    private readonly port: number,
  ) {}

  static async start({ directory }: RedisOptions): Promise<OwnRedis> {
    const place = directory ?? mkdtempSync(path.join(os.tmpdir(), 'gnomon-redis-'));
    mkdirSync(place, { recursive: true });
    const redis = new OwnRedis(place, directory !== undefined, await freePort());
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return runs(this.child) ? this.child.pid : undefined;
  }

  async restart(): Promise<void> {
    const log = path.join(this.directory, 'redis.log');
    const out = openSync(log, 'a');
    const child = spawn('redis-server', this.arguments(), { stdio: ['ignore', out, out], detached: true });
    closeSync(out);
    this.child = child;
    leash(child);
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      // It answers PING with LOADING until it has read its file.
      const answered = await ask(this.url, (client) => client.ping()).catch(() => undefined);
      if (answered === 'PONG') return;
      if (Date.now() > deadline || !runs(child)) {
        throw new Error(`Redis did not start:\n${existsSync(log) ? readFileSync(log, 'utf8').slice(-4_000) : ''}`);
      }
      await sleep(20);
    }
  }

  async flush(): Promise<void> {
    await ask(this.url, (client) => client.flushall());
  }

  async kill(): Promise<void> {
    await end(this.child, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await end(this.child, this.keepsData ? 'SIGTERM' : 'SIGKILL');
    if (!this.keepsData) rmSync(this.directory, { recursive: true, force: true });
  }

  private arguments(): string[] {
    const settings = {
      bind: '127.0.0.1',
      port: this.port,
      dir: this.directory,
      appendonly: 'yes',
      save: '',
      'maxmemory-policy': 'noeviction',
    };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  }
}

function runs(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!runs(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  // One that is frozen hears only this.
  if (signal !== 'SIGKILL') child.kill('SIGCONT');
  await ended;
}

async function ask<T>(url: string, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await question(client);
  } finally {
    client.disconnect();
  }
}
