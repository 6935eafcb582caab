import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { catalogFile, type TestCatalog } from './catalog-file.js';
import { projectRoot } from './project-root.js';

/** A running Gnomon and the way in. */
export interface Product {
  readonly url: string;
  readonly adminToken: string;
  readonly enrolmentSecret: string;
  /** The resident memory of the process in bytes, without Postgres; undefined where it cannot be seen from here. */
  rssBytes(): number | undefined;
  stop(): Promise<void>;
}

const MAIN = path.join('dist', 'services', 'standalone', 'src', 'main.js');
/** As in the `start` script: V8's young generation is kept small, which saves some 80 MB of resident memory. */
/**
 * As `npm start` has them. All services in one process read the whole catalog at once: without a bound on how fast the
 * heap may grow it takes 620 MB in place of 360. It costs a quarter of what a CPU-second can take in, so processes of
 * their own go without.
 */
const NODE_FLAGS = ['--no-warnings', '--max-semi-space-size=8', '--heap-growing-percent=60'];
const START_TIMEOUT_MS = 90_000;

export interface StartOptions {
  /** Where its data goes. Default: a new temporary directory that goes when it stops. */
  readonly directory?: string;
  /** Which apps it knows. Default: a sample of the shipped ones. */
  readonly catalog?: TestCatalog;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts the standalone product on a free port and reads from what it prints where it is and how to come in. */
export async function startProduct(options: StartOptions = {}): Promise<Product & { readonly process: ChildProcess }> {
  const directory = options.directory ?? mkdtempSync(path.join(os.tmpdir(), 'gnomon-run-'));
  const child = spawn(process.execPath, [...NODE_FLAGS, path.join(projectRoot(), MAIN)], {
    env: {
      ...process.env,
      GNOMON_DATA_DIR: directory,
      GNOMON_HTTP_PORT: '0',
      GNOMON_LOG_LEVEL: 'warn',
      GNOMON_CATALOG_FILE: catalogFile(options.catalog),
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const welcome = await readWelcome(child);
  const field = (name: string): string => new RegExp(`^\\s*${name}\\s+(\\S+)$`, 'm').exec(welcome)?.[1] ?? '';
  return {
    process: child,
    url: /ready at (\S+)/.exec(welcome)![1]!,
    adminToken: field('admin token'),
    enrolmentSecret: field('enrolment secret'),
    rssBytes: () => residentBytes(child.pid!),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
      if (!options.directory) rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A product that somebody else runs. */
export function runningProduct(url: string, adminToken: string, enrolmentSecret: string): Product {
  return { url, adminToken, enrolmentSecret, rssBytes: () => undefined, stop: async () => {} };
}

/** The whole welcome comes in one write; its last line is the one that is told apart here. */
function readWelcome(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const late = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (!/^ {2}data .*\n/m.test(text)) return;
      clearTimeout(late);
      resolve(text);
    });
    child.once('exit', () => {
      clearTimeout(late);
      reject(new Error(`Gnomon ended before it was ready:\n${text}`));
    });
  });
}

function residentBytes(pid: number): number | undefined {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes ? Number(kibibytes) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
