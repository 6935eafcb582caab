// `npm run dev`: compiles on every change and restarts the standalone process, with its data under ./.gnomon.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OPTIONS = { cwd: ROOT, stdio: 'inherit' };
// In groups of their own, or Ctrl-C would reach the product twice: a second signal means to stop without draining.
const APART = { ...OPTIONS, detached: process.platform !== 'win32' };
const BUILD = 'npm run --silent build';
const main = join('dist', 'services', 'standalone', 'src', 'main.js');

const first = spawnSync(BUILD, { ...OPTIONS, shell: true });
if (first.status !== 0) process.exit(first.status ?? 1);

const compiler = spawn(`${BUILD} -- --watch`, { ...APART, shell: true });
const product = spawn(process.execPath, ['--watch', '--watch-preserve-output', '--enable-source-maps', main], APART);

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(signal));
for (const child of [compiler, product]) child.on('exit', () => stop('SIGTERM'));

function stop(signal) {
  if (stopping) return;
  stopping = true;
  product.kill(signal);
  // npm, a shell and the compiler: all of the group.
  if (process.platform === 'win32') compiler.kill(signal);
  else if (compiler.exitCode === null) process.kill(-compiler.pid, signal);
}
