import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { postgresBinaries } from './binaries.js';
import { OwnerLock } from './owner-lock.js';
import { commandAs, postgresIdentity, type Command } from './unprivileged.js';

export interface EmbeddedPostgresOptions {
  /** Where the cluster, its password and its log live. Made when it does not exist. */
  readonly directory: string;
  /** Forget safety for speed: for tests whose data nobody needs after a power cut. */
  readonly throwAway?: boolean;
  /** More server settings, for example `{ max_connections: '300' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

const USER = 'gnomon';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;

const DURABLE = { shared_buffers: '128MB', max_wal_size: '1GB' };
const THROW_AWAY = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', shared_buffers: '128MB' };

/** A Postgres server of our own, from the binaries that npm installed: nothing to set up, on a loopback port. */
export class EmbeddedPostgres {
  private constructor(
    private readonly server: ChildProcess,
    private readonly directory: string,
    readonly port: number,
    private readonly password: string,
    private readonly lock: OwnerLock,
  ) {}

  /** The server's process id. */
  get pid(): number {
    return this.server.pid!;
  }

  /**
   * Starts the server, first making the cluster or stopping a server that a killed process left behind.
   *
   * @throws Error where another process uses the directory
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const directory = path.resolve(options.directory);
    const data = path.join(directory, 'data');
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    const lock = new OwnerLock(directory);
    lock.acquire();
    const binaries = await postgresBinaries();
    const identity = postgresIdentity(data);
    if (!existsSync(path.join(data, 'PG_VERSION'))) {
      rmSync(data, { recursive: true, force: true });
      mkdirSync(data, { mode: 0o700 });
      if (identity.uid !== undefined) chownSync(data, identity.uid, identity.gid!);
      await initialise(directory, data, (args) => commandAs(identity, binaries.initdb, args, [binaries.initdb, data]));
    }
    await stopLeftBehind(data);
    const password = readFileSync(path.join(directory, 'password'), 'utf8');
    const port = await freePort();
    const settings = { ...(options.throwAway ? THROW_AWAY : DURABLE), ...options.settings };
    const server = launch(
      commandAs(identity, binaries.postgres, serverArguments(data, port, settings), [binaries.postgres, data]),
      directory,
    );
    const postgres = new EmbeddedPostgres(server, directory, port, password, lock);
    await postgres.waitUntilReady();
    return postgres;
  }

  /** The connection URL of one of its databases. */
  url(database = 'postgres'): string {
    return `postgres://${USER}:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** Runs one statement, for example to create a database. */
  async execute(sql: string, database = 'postgres'): Promise<void> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  /** Stops the server: connections are closed, nothing committed is lost. */
  async stop(): Promise<void> {
    this.lock.release();
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => this.server.once('exit', () => resolve()));
    this.server.kill('SIGINT');
    const late = setTimeout(() => this.server.kill('SIGQUIT'), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(late);
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (this.server.exitCode !== null) throw new Error(`Postgres did not start:\n${this.lastLog()}`);
      try {
        await this.execute('SELECT 1');
        return;
      } catch (error) {
        if (Date.now() > deadline)
          throw new Error(`Postgres did not become ready: ${String(error)}\n${this.lastLog()}`);
        await sleep(50);
      }
    }
  }

  private lastLog(): string {
    return readFileSync(path.join(this.directory, 'postgres.log'), 'utf8').split('\n').slice(-20).join('\n');
  }
}

async function initialise(directory: string, data: string, command: (args: string[]) => Command): Promise<void> {
  const password = randomBytes(24).toString('base64url');
  // initdb reads the password under its own identity, so the file it reads from lies where it may look.
  const handover = path.join(directory, `initdb-${process.pid}`);
  writeFileSync(handover, password, { mode: 0o600 });
  writeFileSync(path.join(directory, 'password'), password, { mode: 0o600 });
  const { file, args, identity } = command([
    '-D',
    data,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${handover}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]);
  const owner = postgresIdentity(data);
  if (owner.uid !== undefined) chownSync(handover, owner.uid, owner.gid!);
  try {
    await run(file, args, identity);
  } catch (error) {
    rmSync(data, { recursive: true, force: true });
    throw error;
  } finally {
    rmSync(handover, { force: true });
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

function launch(command: Command, directory: string): ChildProcess {
  const log = openSync(path.join(directory, 'postgres.log'), 'a');
  try {
    return spawn(command.file, command.args, {
      ...command.identity,
      cwd: '/',
      stdio: ['ignore', log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

/** A server whose parent was killed goes on by itself; two servers on one cluster would destroy it. */
async function stopLeftBehind(data: string): Promise<void> {
  const pidFile = path.join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isServerOf(pid, data)) return;
  process.kill(pid, 'SIGINT');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (existsSync(pidFile) && isServerOf(pid, data)) {
    if (Date.now() > deadline)
      throw new Error(`A Postgres server (process ${pid}) already uses ${data} and does not stop.`);
    await sleep(50);
  }
}

function isServerOf(pid: number, data: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = `/proc/${pid}/cmdline`;
  // Process ids are reused: without /proc the lock file is all there is to go by.
  return existsSync(commandLine) ? readFileSync(commandLine, 'utf8').includes(data) : true;
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

function run(file: string, args: readonly string[], identity: { uid?: number; gid?: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...identity, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${path.basename(file)} failed:\n${output}`)),
    );
  });
}
