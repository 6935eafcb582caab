import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresBinaries } from './binaries.js';
import { commandAs, postgresIdentity, type Command } from './unprivileged.js';

/** The one user of a cluster of ours. */
export const USER = 'gnomon';
/** How long a server may take to stop. */
export const STOP_TIMEOUT_MS = 30_000;

/** Where a cluster is, below the directory that it is given. */
export function dataOf(directory: string): string {
  return path.join(directory, 'data');
}

/** The password of a cluster's user. */
export function passwordOf(directory: string): string {
  return readFileSync(path.join(directory, 'password'), 'utf8');
}

/** Where the server of a directory listens now; undefined where none is running. */
export function urlOfRunning(directory: string, database: string): string | undefined {
  const data = dataOf(directory);
  const pidFile = path.join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return undefined;
  const [pid, , , port] = readFileSync(pidFile, 'utf8').split('\n');
  if (!isServerOf(Number(pid), data)) return undefined;
  return `postgres://${USER}:${passwordOf(directory)}@127.0.0.1:${Number(port)}/${database}`;
}

/**
 * Makes the cluster of a directory where there is none. It gets its name when it is complete: what a process that was
 * killed left half-made is made anew.
 */
export async function makeCluster(directory: string, binaries: PostgresBinaries): Promise<void> {
  const data = dataOf(directory);
  if (existsSync(path.join(data, 'PG_VERSION'))) return;
  const unfinished = `${data}.new`;
  const owner = postgresIdentity(data);
  for (const each of [data, unfinished]) rmSync(each, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  if (owner.uid !== undefined) chownSync(unfinished, owner.uid, owner.gid!);
  await initialise(directory, unfinished, binaries);
  renameSync(unfinished, data);
}

async function initialise(directory: string, data: string, binaries: PostgresBinaries): Promise<void> {
  const password = randomBytes(24).toString('base64url');
  // initdb reads the password under its own identity, so the file it reads from lies where it may look.
  const handover = path.join(directory, `initdb-${process.pid}`);
  writeFileSync(handover, password, { mode: 0o600 });
  writeFileSync(path.join(directory, 'password'), password, { mode: 0o600, flush: true });
  const owner = postgresIdentity(data);
  const options = [
    '-D',
    data,
    '-U',
    USER,
    '--auth=scram-sha-256',
    `--pwfile=${handover}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  if (owner.uid !== undefined) chownSync(handover, owner.uid, owner.gid!);
  try {
    await run(commandAs(owner, binaries.initdb, options, [binaries.initdb, data]));
  } finally {
    rmSync(handover, { force: true });
  }
}

/** A server whose parent was killed goes on by itself; two servers on one cluster would destroy it. */
export async function stopLeftBehind(directory: string): Promise<void> {
  const data = dataOf(directory);
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

function run({ file, args, identity }: Command): Promise<void> {
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
