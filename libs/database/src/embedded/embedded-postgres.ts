import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { postgresBinaries, type PostgresBinaries } from './binaries.js';
import { STOP_TIMEOUT_MS, USER, dataOf, makeCluster, passwordOf, stopLeftBehind } from './cluster.js';
import { OwnerLock } from './owner-lock.js';
import { commandAs, postgresIdentity } from './unprivileged.js';

export interface EmbeddedPostgresOptions {
  /** Where the cluster, its password and its log live. Made when it does not exist. */
  readonly directory: string;
  /** The loopback port to listen on. Default: a free one. */
  readonly port?: number;
  /** Forget safety for speed: for tests whose data nobody needs after a power cut. */
  readonly throwAway?: boolean;
  /** More server settings, for example `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called where the server ended by itself and cannot be kept up: nothing works without it any more. */
  readonly onLost?: (reason: Error) => void;
}

const START_TIMEOUT_MS = 60_000;
const RETRY_MS = 250;
/** A server that ends more often than this within an hour is not worth reviving. */
const MAX_REVIVALS = 5;
const HOUR_MS = 3_600_000;
/** The server's log is begun anew above this, and the one before kept. */
const MAX_LOG_BYTES = 16 << 20;

const DURABLE = { shared_buffers: '128MB', max_wal_size: '1GB' };
const THROW_AWAY = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '128MB' };

/**
 * A Postgres server of our own, from the binaries that npm installed: nothing to set up, on a loopback port. Where it
 * ends by itself it is started again on the same port: it recovers what was committed, and who uses it connects anew.
 */
export class EmbeddedPostgres {
  private readonly logger = new Logger(EmbeddedPostgres.name);
  private readonly revivals: number[] = [];
  private server: ChildProcess | undefined;
  private reviving: Promise<void> | undefined;
  private isStopping = false;

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly directory: string,
    private readonly binaries: PostgresBinaries,
    readonly port: number,
    private readonly password: string,
    private readonly lock: OwnerLock,
  ) {}

  /** The server's process id; another one after it ended by itself. */
  get pid(): number {
    return this.server!.pid!;
  }

  /**
   * Starts the server, first making the cluster or stopping a server that a killed process left behind.
   *
   * @throws Error where another process uses the directory
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const directory = path.resolve(options.directory);
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    const lock = new OwnerLock(directory);
    await lock.acquire();
    try {
      const binaries = await postgresBinaries();
      await makeCluster(directory, binaries);
      await stopLeftBehind(directory);
      const port = options.port ?? (await freePort());
      const postgres = new EmbeddedPostgres(options, directory, binaries, port, passwordOf(directory), lock);
      await postgres.launch();
      return postgres;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The connection URL of one of its databases. */
  url(database = 'postgres'): string {
    return `postgres://${USER}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Runs one statement, for example to create a database. */
  async execute(sql: string, database = 'postgres'): Promise<void> {
    const client = new pg.Client({ connectionString: this.url(database) });
    // A server that ends meanwhile also fails the statement.
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  /** Stops the server: connections are closed, nothing committed is lost. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.lock.release();
    await this.reviving;
    if (this.server) await end(this.server);
  }

  /** Starts the server process and waits until it answers. */
  private async launch(): Promise<void> {
    const server = this.spawn();
    this.server = server;
    try {
      await this.waitUntilReady(server);
    } catch (error) {
      await end(server);
      throw error;
    }
    const onExit = (): void => {
      if (!this.isStopping) this.reviving = this.revive(server);
    };
    if (hasEnded(server)) onExit();
    else server.once('exit', onExit);
  }

  private async revive(ended: ChildProcess): Promise<void> {
    const how = ended.signalCode ?? `code ${ended.exitCode}`;
    this.logger.error(`Postgres ended by itself (${how}); it is started again. Its last words:\n${this.lastLog()}`);
    const now = Date.now();
    this.revivals.push(now);
    while (this.revivals[0]! < now - HOUR_MS) this.revivals.shift();
    if (this.revivals.length > MAX_REVIVALS) return this.lost(new Error('Postgres keeps ending by itself.'));
    for (;;) {
      try {
        await this.launch();
        this.logger.log('Postgres runs again');
        return;
      } catch (error) {
        if (this.isStopping) return;
        if (Date.now() > now + START_TIMEOUT_MS) return this.lost(error as Error);
        // What is left of the server that ended may hold its memory and its port for a moment.
        await sleep(RETRY_MS);
      }
    }
  }

  private lost(reason: Error): void {
    this.logger.error(reason);
    this.options.onLost?.(reason);
  }

  private spawn(): ChildProcess {
    const { throwAway, settings } = this.options;
    const data = dataOf(this.directory);
    const { postgres } = this.binaries;
    const all = { ...(throwAway ? THROW_AWAY : DURABLE), ...settings };
    const { file, args, identity } = commandAs(
      postgresIdentity(data),
      postgres,
      serverArguments(data, this.port, all),
      [postgres, data],
    );
    const log = openLog(this.logFile);
    try {
      return spawn(file, args, { ...identity, cwd: '/', stdio: ['ignore', log, log], detached: true });
    } finally {
      closeSync(log);
    }
  }

  private async waitUntilReady(server: ChildProcess): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (hasEnded(server)) throw new Error(`Postgres did not start:\n${this.lastLog()}`);
      try {
        await this.execute('SELECT 1');
        return;
      } catch (error) {
        if (this.isStopping || Date.now() > deadline)
          throw new Error(`Postgres did not become ready: ${String(error)}\n${this.lastLog()}`);
        await sleep(50);
      }
    }
  }

  private get logFile(): string {
    return path.join(this.directory, 'postgres.log');
  }

  private lastLog(): string {
    return readFileSync(this.logFile, 'utf8').split('\n').slice(-20).join('\n');
  }
}

function serverArguments(data: string, port: number, settings: Readonly<Record<string, string>>): string[] {
  const all: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    wal_level: 'minimal',
    max_wal_senders: '0',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  return ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

function openLog(file: string): number {
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}

async function end(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  const late = setTimeout(() => server.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(late);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
