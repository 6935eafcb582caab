import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ROOT } from './repository.js';

/** What a container of the image runs, without the container. That it drains is seen where the services are run by it. */
describe('the entry of the image', () => {
  const started: ChildProcess[] = [];
  afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

  function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess & { text(): string } {
    const child = spawn(process.execPath, ['--no-warnings', 'bin/process.js', ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], GNOMON_LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    return Object.assign(child, { text: () => text });
  }

  async function end(child: ChildProcess & { text(): string }): Promise<{ code: number; text: string }> {
    const [code] = (await once(child, 'close')) as [number];
    return { code, text: child.text() };
  }

  it('answers a probe from inside with how it ends', async () => {
    const server = createServer((request, response) => response.writeHead(request.url === '/readyz' ? 503 : 200).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    const probe = async (name: string) => end(start(['probe', name], { GNOMON_HTTP_PORT: port }));
    expect(await Promise.all([probe('healthz'), probe('readyz')])).toEqual([
      { code: 0, text: '' },
      { code: 1, text: '' },
    ]);
    server.close();
    await once(server, 'close');
    expect(await probe('healthz')).toEqual({ code: 1, text: '' });
  });

  it('ends at once when it is told to before it serves', async () => {
    const child = start(['await-migrations'], { GNOMON_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    const ended = end(child);
    await new Promise<void>((resolve) => child.stdout!.once('data', () => resolve()));
    expect(child.text()).toContain('Waiting: ');
    child.kill('SIGTERM');
    expect((await ended).code).toBe(128 + 15);
  });

  it('says what it lacks in a container: a Postgres, a directory to write in, a process of that name', async () => {
    const [nowhere, unknown] = await Promise.all([
      end(start(['standalone'], { GNOMON_DATA_DIR: '/dev/null/nothing' })),
      end(start(['telemetri'])),
    ]);
    expect(nowhere).toEqual({
      code: 1,
      text: expect.stringMatching(/GNOMON_DATA_DIR: .* cannot be made .*GNOMON_DATABASE_URL and GNOMON_SECRET_KEY/),
    });
    expect(unknown).toEqual({ code: 2, text: expect.stringContaining('"telemetri" is not a process of Gnomon') });
  });
});
