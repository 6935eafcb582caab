import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Ends a process of ours when we end, however we end: a shell reads from us, and kills where the reading breaks off before
 * it was told that the process has ended by itself.
 */
export function leash(child: ChildProcess): void {
  const watcher = spawn('sh', ['-c', 'read ended || kill -9 "$0"', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  child.once('exit', () => watcher.stdin.end('ended\n'));
}
