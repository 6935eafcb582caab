import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newId } from '#kernel';
import { World } from './world.js';

jest.setTimeout(60_000);

const COMMAND = path.join(import.meta.dirname, '../../../bin/gnomon.js');
const SAMPLES = path.join(import.meta.dirname, 'samples');

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe('gnomon ingest', () => {
  let world: World;
  let token: string;
  let directory: string;
  const tenant = newId();
  beforeAll(async () => {
    world = await World.open();
    await world.catalogApp('', 'chatgpt', ['chatgpt.com']);
    token = await world.token(tenant, 'integration');
    directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-cli-'));
  });
  afterAll(async () => {
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  });

  function gnomon(args: string[], options: { input?: string; url?: string } = {}): Promise<Outcome> {
    const env = { GNOMON_URL: options.url ?? world.app.url, GNOMON_TOKEN: token };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [COMMAND, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
      child.stdin?.end(options.input ?? '');
    });
  }

  it('sends a file, tells what became of it, and counts it once however often it is sent', async () => {
    const file = path.join(directory, 'proxy.log.gz');
    const line = (index: number): string =>
      `${1_736_935_200 + index}.5 10 10.0.0.1 TCP_TUNNEL/200 100 CONNECT chatgpt.com:443 alice HIER_DIRECT/192.0.2.1 -\n`;
    const text = `${Array.from({ length: 5_000 }, (_, index) => line(index)).join('')}damaged\n`;
    writeFileSync(file, gzipSync(text));
    const first = await gnomon(['ingest', file]);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/proxy\.log\.gz: squid-native/);
    expect(first.stdout).toMatch(/5,000 accepted/);
    const second = JSON.parse((await gnomon(['ingest', file, '--json'])).stdout) as Record<string, unknown>;
    expect(second).toMatchObject({ accepted: 5_000, skipped: 1, format: 'squid-native' });
    await world.counted(tenant, 5_000);
    const piped = await gnomon(['ingest', '-', '--name', 'piped', '--json'], { input: line(1) });
    expect(JSON.parse(piped.stdout)).toMatchObject({ name: 'piped', accepted: 1 });
    await world.counted(tenant, 5_001);
    const plain = path.join(directory, 'renamed.log');
    writeFileSync(plain, text);
    expect((await gnomon(['ingest', plain])).code).toBe(0);
    await world.counted(tenant, 5_001);
  });

  it('fails with 1 and the reason, and with 2 for a wrong command line', async () => {
    const odd = path.join(directory, 'odd.txt');
    writeFileSync(odd, 'hello\n');
    const outcomes = await Promise.all([
      gnomon(['ingest', odd]),
      gnomon(['ingest', path.join(directory, 'missing')]),
      gnomon(['ingest', odd, '--token', 'gno_wrong']),
      gnomon(['ingest', '-', '--url', 'http://127.0.0.1:1'], { input: 'x' }),
      gnomon(['ingest']),
      gnomon(['ingest', odd, '--colour']),
      gnomon(['harvest']),
      gnomon(['ingest', '--help']),
    ]);
    expect(outcomes.map((each) => each.code)).toEqual([1, 1, 1, 1, 2, 2, 2, 0]);
    expect(outcomes[0]?.stderr).toContain('Tried: squid-native');
    expect(outcomes[1]?.stderr).toContain('There is no file');
    expect(outcomes[2]?.stderr).toContain('401');
    expect(outcomes[3]?.stderr).toContain('cannot be reached');
  });

  it('takes a format by name', async () => {
    const outcome = await gnomon(['ingest', path.join(SAMPLES, 'zeek-ssl.log'), '--format', 'zeek-tsv', '--json']);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ format: 'zeek-tsv', accepted: 2 });
  });
});
