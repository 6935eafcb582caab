import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

  it('starts its server again where that ends by itself, on the same port and with what was committed', async () => {
    const server = await EmbeddedPostgres.start({ directory });
    await server.execute('CREATE TABLE kept (id int)');
    const before = server.pid;
    process.kill(before, 'SIGKILL');
    await eventually(() => server.execute('SELECT id FROM kept'));
    expect(server.pid).not.toBe(before);
    await server.stop();
    await expect(server.execute('SELECT 1')).rejects.toThrow();
  });

  it('says so where its server cannot be kept up', async () => {
    let lost: Error | undefined;
    const server = await EmbeddedPostgres.start({ directory, throwAway: true, onLost: (reason) => (lost = reason) });
    await eventually(async () => {
      await server.execute('SELECT 1').then(
        () => process.kill(server.pid, 'SIGKILL'),
        () => undefined,
      );
      expect(lost?.message).toContain('keeps ending');
    });
    await server.stop();
  });

  it('makes a cluster anew that a killed process left half-made', async () => {
    for (const left of ['data.new', 'data']) {
      mkdirSync(path.join(directory, left));
      writeFileSync(path.join(directory, left, 'half-made'), '');
    }
    writeFileSync(path.join(directory, 'data.new', 'PG_VERSION'), '18\n');
    writeFileSync(path.join(directory, 'password'), '');
    const server = await EmbeddedPostgres.start({ directory, throwAway: true });
    await server.stop();
  });
});
