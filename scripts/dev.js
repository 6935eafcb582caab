// `npm run dev`: compiles on every change and restarts the standalone process, with its data under ./.gnomon.
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit', shell: true });
if (build.status !== 0) process.exit(build.status ?? 1);

const main = join('dist', 'services', 'standalone', 'src', 'main.js');
const children = [
  spawn('npm', ['run', '--silent', 'build', '--', '--watch'], { cwd: ROOT, stdio: 'inherit', shell: true }),
  spawn(process.execPath, ['--watch', '--watch-preserve-output', '--enable-source-maps', main], {
    cwd: ROOT,
    stdio: 'inherit',
  }),
];

// Both hear Ctrl-C themselves; this one waits until they have drained, and ends both when either ends.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(signal));
for (const child of children) child.on('exit', () => stop('SIGTERM'));

function stop(signal) {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null && !child.killed) child.kill(signal);
  }
}
