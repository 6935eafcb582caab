import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

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
  acquire(): void {
    const owner = this.read();
    if (owner && owner.pid !== process.pid && startOf(owner.pid) === owner.start && isAlive(owner.pid)) {
      throw new Error(
        `${path.dirname(this.file)} is in use by process ${owner.pid}: stop it, or choose another data directory.`,
      );
    }
    writeFileSync(this.file, `${process.pid} ${startOf(process.pid)}\n`);
  }

  release(): void {
    if (this.read()?.pid === process.pid) rmSync(this.file, { force: true });
  }

  private read(): { pid: number; start: string } | undefined {
    if (!existsSync(this.file)) return undefined;
    const [pid, start] = readFileSync(this.file, 'utf8').trim().split(' ');
    return Number(pid) > 0 ? { pid: Number(pid), start: start ?? '' } : undefined;
  }
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
