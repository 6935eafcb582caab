import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { TelemetryBatchSchema, UsageAction } from '#contracts';
import { backoff } from '../src/simulator/backoff.js';
import { DeviceSimulator } from '../src/simulator/index.js';
import { eventually } from '../src/eventually.js';

/** What no healthy server does on purpose: answers that make a device try again. */
class BadServer {
  readonly seen: { path: string; body: Buffer; at: number }[] = [];
  readonly answers: { status: number; headers?: Record<string, string> }[] = [];
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  of(path: string): { body: Buffer; at: number }[] {
    return this.seen.filter((each) => each.path === path);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = request.url!.split('?')[0]!;
    if (path === '/v1/blocklist/key') {
      response.end(JSON.stringify({ keyId: '00', publicKey: Buffer.alloc(32, 1).toString('base64') }));
      return;
    }
    this.seen.push({ path, body: Buffer.concat(chunks), at: performance.now() });
    const { status, headers = {} } = this.answers.shift() ?? { status: 200 };
    response.writeHead(status, headers).end();
  }
}

let server: BadServer;
let laptop: DeviceSimulator;

beforeEach(async () => {
  server = new BadServer();
  const url = await server.start();
  laptop = await DeviceSimulator.resume(
    { url, name: 'l', os: 'Linux', user: 'ada' },
    { deviceId: 'd', credential: 'c', tenant: 't', group: 'default' },
  );
});
afterEach(async () => {
  await laptop.stop();
  server.stop();
});

function batches(): { sequence: bigint; hosts: string[]; at: number }[] {
  return server.of('/v1/telemetry').map(({ body, at }) => {
    const { sequence, events } = fromBinary(TelemetryBatchSchema, gunzipSync(body));
    return { sequence, hosts: events.map((event) => event.host), at };
  });
}

describe('a simulated device', () => {
  it('sends a batch again under its number until it is acknowledged, and the next one only then', async () => {
    server.answers.push({ status: 503, headers: { 'Retry-After': '1' } }, { status: 500 }, { status: 200 });
    laptop.browse('a.com', { bytesUp: 1, bytesDown: 2 });
    const flushed = laptop.flush();
    await eventually(() => expect(batches()).toHaveLength(1));
    laptop.browse('b.com', { bytesUp: 1, bytesDown: 2 });
    await flushed;
    const sent = batches();
    expect(sent.map(({ sequence, hosts }) => [sequence, hosts.join()])).toEqual([
      [1n, 'a.com'],
      [1n, 'a.com'],
      [1n, 'a.com'],
      [2n, 'b.com'],
    ]);
    expect(sent[1]!.at - sent[0]!.at).toBeGreaterThanOrEqual(990);
  }, 20_000);

  it('does not send again what the server does not want', async () => {
    server.answers.push({ status: 401 });
    laptop.browse('a.com', { bytesUp: 1, bytesDown: 2 });
    await expect(laptop.flush()).rejects.toMatchObject({ name: 'Refused', status: 401 });
    expect(batches()).toHaveLength(1);
  });

  it('reports no traffic of what it blocked', async () => {
    expect(laptop.browse('a.com', { bytesUp: 5, bytesDown: 7 })).toBe('allowed');
    await laptop.flush();
    const { events } = fromBinary(TelemetryBatchSchema, gunzipSync(server.of('/v1/telemetry')[0]!.body));
    expect(events[0]).toMatchObject({
      host: 'a.com',
      user: 'ada',
      bytesUp: 5n,
      bytesDown: 7n,
      action: UsageAction.ALLOWED,
    });
  });

  it('takes an answer that is no list for a failure, and gives up when it is not known', async () => {
    server.answers.push({ status: 200 }, { status: 503 }, { status: 401 });
    laptop.start();
    await eventually(() => expect(laptop.failure).toMatchObject({ name: 'Refused', status: 401 }));
    expect(laptop.refusals.map((refusal) => refusal.reason)).toEqual(['unknown-key']);
    expect(laptop.appliedRevision).toBe(0n);
  }, 20_000);
});

describe('the wait before the next try', () => {
  it('grows to its cap, with the random part on top, and is at least what the server asked for', () => {
    expect(backoff(1, 0, () => 0)).toBe(200);
    expect(backoff(4, 0, () => 0)).toBe(1_600);
    expect(backoff(50, 0, () => 0)).toBe(15_000);
    expect(backoff(50, 0, () => 1)).toBe(22_500);
    expect(backoff(1, 60, () => 0)).toBe(60_000);
  });
});
