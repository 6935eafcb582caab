import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const TAKE_TIMEOUT_MS = 5_000;

interface Owner {
  readonly pid: number;
  readonly start: string;
}

/**
 * Keeps two processes off one data directory. A lock whose process is gone, or whose process id now belongs to another
 * process, is nobody's.
 */
export class OwnerLock {
  private readonly file: string;

  constructor(directory: string) {
    this.file = path.join(directory, 'owner');
  }

  /** @throws Error naming the process that uses the directory */
  async acquire(): Promise<void> {
    const deadline = Date.now() + TAKE_TIMEOUT_MS;
    while (!this.create()) {
      const text = this.read();
      const owner = ownerOf(text);
      if (owner?.pid === process.pid && owner.start === startOf(process.pid)) return;
      if (owner && isRunning(owner)) {
        throw new Error(
          `${path.dirname(this.file)} is in use by process ${owner.pid}: stop it, or choose another data directory.`,
        );
      }
      // An empty file is a lock that is being written, or one whose writer was killed at it.
      if (owner || Date.now() > deadline) this.putAside(text);
      else await sleep(20);
    }
  }

  release(): void {
    if (ownerOf(this.read())?.pid === process.pid) rmSync(this.file, { force: true });
  }

  private create(): boolean {
    try {
      writeFileSync(this.file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Of several that do this at once, each moves a file away; one that moved a new lock gives it back. */
  private putAside(abandoned: string): void {
    const aside = `${this.file}.${process.pid}`;
    try {
      renameSync(this.file, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if (readFileSync(aside, 'utf8') === abandoned) rmSync(aside);
    else renameSync(aside, this.file);
  }

  private read(): string {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
  }
}

function ownerOf(text: string): Owner | undefined {
  const [pid, start] = text.trim().split(' ');
  return Number(pid) > 0 ? { pid: Number(pid), start: start ?? '' } : undefined;
}

function isRunning({ pid, start }: Owner): boolean {
  return startOf(pid) === start && isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in the system's own unit; empty where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const START_TIME_AFTER_NAME = 19;
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_AFTER_NAME] ?? '';
  } catch {
    return '';
  }
}
