import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkerTask } from './worker.js';

const ROOT = process.cwd();
const FOLDER = path.join(ROOT, 'libs/event-log/test/conformance');
const BUILT = path.join(ROOT, 'dist/libs/event-log/src/index.js');

const LOADING_ATTEMPTS = 5;
const LOADING_PAUSE_MS = 1_000;

/** A child process that runs `worker.ts`. */
export class WorkerProcess {
  readonly lines: string[] = [];
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiters = new Set<() => void>();
  private readonly ended: Promise<void>;
  private over = false;
  private errors = '';

  constructor(private readonly driverModule: string) {
    if (!existsSync(BUILT)) throw new Error('The worker needs the built libs: npm run build');
    const loader = path.join(FOLDER, 'typescript-loader.js');
    const flags = ['--disable-warning=ExperimentalWarning', '--import', loader];
    this.child = spawn(process.execPath, [...flags, path.join(FOLDER, 'worker.ts'), driverModule], {
      cwd: ROOT,
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line);
      this.wake();
    });
    this.child.stderr.on('data', (text: Buffer) => (this.errors = (this.errors + text.toString()).slice(-4_000)));
    this.child.stdin.on('error', () => undefined);
    this.ended = new Promise((resolve) =>
      this.child.on('close', () => {
        this.over = true;
        this.wake();
        resolve();
      }),
    );
  }

  /**
   * This one once it is loaded, or another one if it cannot be: the built libs may just be being built anew. Not being able
   * to load, again and again, is an error.
   */
  async loaded(attempt = 1): Promise<WorkerProcess> {
    try {
      await this.line('ready');
      return this;
    } catch (error) {
      if (attempt === LOADING_ATTEMPTS) throw error;
      await sleep(LOADING_PAUSE_MS);
      return new WorkerProcess(this.driverModule).loaded(attempt + 1);
    }
  }

  start(task: WorkerTask): void {
    this.child.stdin.write(`${JSON.stringify(task)}\n`);
  }

  /** Resolves with the first line that begins like this; undefined if the process ends without it. */
  async line(beginning: string): Promise<string | undefined> {
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(beginning));
      if (found !== undefined || this.over) {
        if (found === undefined && this.errors) throw new Error(`The worker failed: ${this.errors}`);
        return found;
      }
      await new Promise<void>((resolve) => this.waiters.add(resolve));
    }
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.child.kill(signal);
  }

  /** Kills it, if it still runs, and waits until it is gone. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private wake(): void {
    for (const waiter of this.waiters) waiter();
    this.waiters.clear();
  }
}
