import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgres } from '#database';
import { eventually } from '#testkit';

describe('EmbeddedPostgres', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-embedded-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('starts on an empty directory, keeps its data over a restart, and runs as somebody other than root', async () => {
    const first = await EmbeddedPostgres.start({ directory, throwAway: true });
    await first.execute('CREATE TABLE kept (id int)');
    await first.stop();
    const second = await EmbeddedPostgres.start({ directory, throwAway: true });
    await expect(second.execute('SELECT id FROM kept')).resolves.toBeUndefined();
    expect(statSync(path.join(directory, 'data')).uid).not.toBe(0);
    await second.stop();
  });

  it('starts below a directory that only its owner may enter', async () => {
    const closed = mkdtempSync(path.join(directory, 'closed-'));
    const server = await EmbeddedPostgres.start({ directory: path.join(closed, 'postgres'), throwAway: true });
    await server.stop();
  });

  it('takes over from a process that was killed, and refuses a second one beside a living one', async () => {
    const script = `
      import { EmbeddedPostgres } from '#database';
      const server = await EmbeddedPostgres.start({ directory: process.argv[1], throwAway: true });
      await server.execute('CREATE TABLE kept (id int)');
      process.stdout.write('ready');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await expect(EmbeddedPostgres.start({ directory, throwAway: true })).rejects.toThrow(
      `in use by process ${child.pid}`,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    const server = await eventually(() => EmbeddedPostgres.start({ directory, throwAway: true }));
    await expect(server.execute('SELECT id FROM kept')).resolves.toBeUndefined();
    await server.stop();
  });
});
