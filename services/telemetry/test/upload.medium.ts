import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Database } from '#database';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import { World } from './world.js';

interface Summary {
  readonly id: string;
  readonly format: string;
  readonly lines: number;
  readonly accepted: number;
  readonly skipped: number;
  readonly skipReasons: { reason: string; count: number }[];
  readonly samples: { line: number; reason: string; sample: string }[];
  readonly code?: string;
}

function sample(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, 'samples', name));
}

/** A Squid log of `count` lines: users and hosts go round, so that every figure can be foretold. */
function squidLog(count: number, hosts: readonly string[]): string {
  return Array.from({ length: count }, (_, index) => {
    const host = hosts[index % hosts.length];
    return `${1_736_935_200 + index}.5 10 10.0.0.${index % 50} TCP_TUNNEL/200 100 CONNECT ${host}:443 user${index % 7} HIER_DIRECT/192.0.2.1 -\n`;
  }).join('');
}

jest.setTimeout(60_000);

describe('POST /v1/logs', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await world.catalogApp('', 'chatgpt', ['chatgpt.com']);
    await world.catalogApp('', 'claude', ['claude.ai']);
  });
  afterAll(() => world.close());

  /** Begins an upload that never ends: the text it says comes, and the connection then stays as it is. */
  function begin(token: string, query: string, text: string): AbortController {
    const broken = new AbortController();
    const request = fetch(`${world.app.url}/v1/logs?${query}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}` },
      body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(text)) }),
      duplex: 'half',
      signal: broken.signal,
    });
    request.catch(() => undefined);
    return broken;
  }

  async function upload(token: string, query: string, body: Uint8Array | string): Promise<[number, Summary]> {
    const answer = await world.post(`/v1/logs?${query}`, body, token, { 'Content-Type': 'application/octet-stream' });
    return [answer.status, (await answer.json()) as Summary];
  }

  it('reads a file line by line and says what it left out, and where', async () => {
    const tenant = newId();
    const token = await world.token(tenant, 'admin');
    const [status, summary] = await upload(token, 'name=proxy.log', gzipSync(sample('squid.log')));
    expect(status).toBe(200);
    expect(summary).toMatchObject({ format: 'squid-native', lines: 10, accepted: 4, skipped: 6 });
    expect(summary.skipReasons).toHaveLength(6);
    expect(summary.samples[0]).toEqual({
      line: 3,
      reason: 'proxy asked for a login',
      sample: expect.stringMatching(/^1736935202.000/),
    });
    await world.counted(tenant, 4);
    expect((await world.apps(tenant)).map((app) => [app.appId, app.users, app.blocked])).toEqual([
      ['chatgpt', 1, 0n],
      ['claude', 1, 1n],
    ]);
    const { uploads } = await world.rpc.listLogUploads({ page: { first: 10 } }, world.contextOf(tenant));
    expect(uploads).toMatchObject([{ id: summary.id, name: 'proxy.log', accepted: 4n, uploadedBy: 'admin' }]);
  });

  it('keeps when things happened to the microsecond, in files of any age', async () => {
    const tenant = newId();
    const [, summary] = await upload(await world.token(tenant, 'integration'), 'name=ssl.log', sample('zeek-ssl.log'));
    expect(summary).toMatchObject({ format: 'zeek-tsv', accepted: 2, skipped: 4 });
    await world.counted(tenant, 2);
    const [chatgpt] = await world.apps(tenant);
    expect(chatgpt?.firstSeenAt).toMatchObject({ seconds: 1_736_935_200n, nanos: 865_716_000 });
  });

  it('counts a file once that is sent again under its id, also after it broke off', async () => {
    const tenant = newId();
    const token = await world.token(tenant, 'admin');
    const log = squidLog(9_000, ['chatgpt.com', 'claude.ai', 'example.org']);
    const broken = begin(token, 'name=a&id=once', log.slice(0, log.length >> 1));
    await eventually(async () => expect((await world.apps(tenant)).length).toBe(2));
    broken.abort();
    const [status, summary] = await upload(token, 'name=a&id=once', log);
    expect([status, summary.accepted]).toEqual([200, 9_000]);
    const [again, repeated] = await upload(token, 'name=a&id=once', log);
    expect([again, repeated.accepted]).toEqual([200, 9_000]);
    await world.counted(tenant, 9_000);
    const [chatgpt] = await world.apps(tenant);
    expect(chatgpt).toMatchObject({ transactions: 3_000n, users: 7, ipAddresses: 50, bytesDown: 300_000n });
    const [reused, problem] = await upload(token, 'name=a&id=once', `${log}\n`);
    expect([reused, problem.code]).toEqual([409, 'telemetry.upload-id-reused']);
  });

  it('refuses another file under the id of one that broke off, and counts none of it', async () => {
    const tenant = newId();
    const token = await world.token(tenant, 'admin');
    const log = squidLog(9_000, ['chatgpt.com']);
    const broken = begin(token, 'id=begun', log.slice(0, log.length >> 1));
    await world.counted(tenant, 4_000);
    broken.abort();
    const lines = log.split('\n');
    const others = [
      squidLog(9_000, ['claude.ai']),
      `${log.replace('10.0.0.0', '10.9.9.9')}`,
      lines.slice(0, 2_000).join('\n'),
      lines.slice(0, 10).join('\n'),
      '',
    ];
    for (const other of others) {
      const [status, problem] = await upload(token, 'id=begun&format=squid-native', other);
      expect([status, problem.code]).toEqual([409, 'telemetry.upload-id-reused']);
    }
    const [status, summary] = await upload(token, 'id=begun', log);
    expect([status, summary.accepted]).toEqual([200, 9_000]);
    await world.counted(tenant, 9_000);
    expect((await world.apps(tenant)).map((app) => app.appId)).toEqual(['chatgpt']);
    expect(await world.app.get(Database).query('SELECT 1 FROM telemetry.upload_chunk')).toEqual([]);
  });

  it('keeps what came before the damage of a file', async () => {
    const tenant = newId();
    const token = await world.token(tenant, 'admin');
    const bytes = gzipSync(squidLog(5_000, ['chatgpt.com']));
    const [status, summary] = await upload(token, 'name=cut.gz', bytes.subarray(0, bytes.length >> 1));
    expect(status).toBe(200);
    expect(summary.accepted).toBeGreaterThan(500);
    expect(summary.skipReasons.map((each) => each.reason)).toContain('the gzip data is cut off or damaged');
    await world.counted(tenant, summary.accepted);
  });

  it('takes lines of any length and bytes of any kind', async () => {
    const tenant = newId();
    const token = await world.token(tenant, 'admin');
    const [good] = squidLog(1, ['claude.ai']).split('\n') as [string];
    const lines = [good, 'x'.repeat(200_000), Buffer.from([0, 0xff, 0xfe, 9]).toString('latin1'), `${good}\r`, good];
    const [status, summary] = await upload(token, 'name=%00odd', Buffer.from(lines.join('\n'), 'latin1'));
    expect([status, summary.accepted, summary.skipped]).toEqual([200, 3, 2]);
    expect(summary.samples.map((each) => [each.line, each.reason])).toEqual([
      [2, 'line is too long'],
      [3, 'fewer than 7 fields'],
    ]);
  });

  it('names what was tried where no format fits, and takes a format by name', async () => {
    const token = await world.token(newId(), 'admin');
    const [status, problem] = await upload(token, 'name=x', 'hello\nworld\n');
    expect([status, problem.code]).toEqual([400, 'telemetry.unknown-format']);
    expect(JSON.stringify(problem)).toContain('squid-native, zeek-tsv, zeek-json, json-lines');
    expect((await upload(token, 'format=cobol', 'x'))[1].code).toBe('telemetry.unknown-format');
    const [, forced] = await upload(token, 'format=squid-native', 'hello\nworld\n');
    expect(forced).toMatchObject({ format: 'squid-native', accepted: 0, skipped: 2 });
    const [, empty] = await upload(token, 'name=empty', '');
    expect(empty).toMatchObject({ format: '', lines: 0 });
    expect((await upload(token, 'id=a/b', 'x'))[1].code).toBe('telemetry.upload-id-invalid');
  });

  it('is closed to devices, viewers and strangers', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    expect((await upload(device.credential, '', ''))[0]).toBe(403);
    expect((await upload(await world.token(tenant, 'policyAdmin'), '', ''))[0]).toBe(403);
    expect((await upload('gno_x', '', ''))[0]).toBe(401);
  });
});
