import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, requires, Stack, type Part } from '#testkit';
import { isAlive } from '../src/stack/process-tree.js';

const FAULT_MS = 500;

requires({ stack: true })('the parts of a stack', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ proxied: true });
  });
  afterAll(async () => {
    await (stack as Stack | undefined)?.stop();
  });

  const graphql = async (): Promise<string> => {
    const answer = await fetch(`${stack.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${stack.adminToken}` },
      body: JSON.stringify({ query: '{ apps(first: 1) { totalCount } }' }),
    });
    return answer.text();
  };
  const works = async (): Promise<void> => {
    await stack.ready(60_000);
    await eventually(async () => expect(await graphql()).toMatch(/"totalCount":\d+/), { timeoutMs: 30_000 });
  };

  it('are one process for each service, two of telemetry, and three servers', async () => {
    expect(stack.parts().map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'service gateway',
      'service catalog',
      'service telemetry-1',
      'service telemetry-2',
      'service policy',
      'service blocklist',
      'service correlator',
      'postgres postgres',
      'redis redis',
      'kafka kafka',
    ]);
    expect(stack.parts().every(({ pid }) => pid !== undefined && isAlive(pid))).toBe(true);
    await works();
    expect(() => stack.part('nobody')).toThrow('no part nobody');
    await expect(stack.part('gateway').cut(1)).rejects.toThrow('only Kafka, Redis and Postgres');
  });

  it.each(['gateway', 'postgres', 'kafka'])('%s is killed, and comes again where it was', async (name) => {
    const part = stack.part(name);
    const { pid, address } = part;
    await part.kill();
    expect([part.pid, isAlive(pid!)]).toEqual([undefined, false]);
    if (part.kind === 'service') expect((await fetch(stack.url)).status).toBe(503);
    await part.start();
    expect(part.address).toBe(address);
    expect(part.pid).not.toBe(pid);
    await works();
  });

  it.each(['telemetry-1', 'redis'])('%s stands still, and goes on', async (name) => {
    const part = stack.part(name);
    await part.freeze();
    await eventually(() => expect(stateOf(part)).toBe('T'));
    await part.thaw();
    await eventually(() => expect(stateOf(part)).not.toBe('T'));
    await works();
  });

  it.each(['postgres', 'kafka'])('%s is cut off, and reached again', async (name) => {
    await stack.part(name).cut(FAULT_MS);
    await works();
  });

  it('one more process joins', async () => {
    const part = await stack.addProcess('telemetry-3', ['telemetry']);
    await works();
    expect((await fetch(`http://${part.address}/readyz`)).status).toBe(200);
    await part.stop();
    expect(part.pid).toBeUndefined();
  });
});

requires({ stack: true })('npm run stack', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-stack-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  interface Ready {
    readonly url: string;
    readonly adminToken: string;
    readonly enrolmentSecret: string;
    readonly parts: readonly { readonly name: string; readonly pid: number }[];
  }
  const start = async (): Promise<{ ready: Ready; end(signal: NodeJS.Signals): Promise<number | null> }> => {
    const args = ['dist/scripts/stack.js', '--json', '--port', '0', '--telemetry', '1', '--directory', directory];
    const child = spawn(process.execPath, ['--no-warnings', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve);
      child.once('exit', () => reject(new Error('The stack ended before it was ready.')));
    });
    const end = async (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return ended;
    };
    return { ready: JSON.parse(line) as Ready, end };
  };
  const allGone = async (ready: Ready): Promise<void> => {
    await eventually(() => expect(ready.parts.filter(({ pid }) => isAlive(pid))).toEqual([]), { timeoutMs: 30_000 });
  };

  it('leaves nothing behind when it is killed, drains when it is interrupted, and finds its data again', async () => {
    const first = await start();
    expect(await first.end('SIGKILL')).toBeNull();
    await allGone(first.ready);
    const second = await start();
    expect(second.ready).toMatchObject({
      adminToken: first.ready.adminToken,
      enrolmentSecret: first.ready.enrolmentSecret,
    });
    const answer = await fetch(`${second.ready.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${first.ready.adminToken}` },
      body: JSON.stringify({ query: '{ apps(first: 1) { totalCount } }' }),
    });
    expect(await answer.text()).toMatch(/"totalCount":\d+/);
    expect(await second.end('SIGINT')).toBe(0);
    await allGone(second.ready);
    const third = await start();
    expect(third.ready.adminToken).toBe(first.ready.adminToken);
    expect(await third.end('SIGTERM')).toBe(0);
  });
});

function stateOf({ pid }: Part): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2)[0]!;
}
