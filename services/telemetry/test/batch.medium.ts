import { gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  AccessOutcome,
  AppAccessedSchema,
  AppDiscoveredSchema,
  Tag,
  TelemetryBatchSchema,
  TelemetryReceiptSchema,
  UsageAction,
} from '#contracts';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import { AppIndex } from '../src/app-index.js';
import { START, World } from './world.js';

const time = START.toISOString();

jest.setTimeout(60_000);

describe('POST /v1/telemetry', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    await world.catalogApp('', 'chatgpt', ['chatgpt.com', 'openai.com/chat'], {
      name: 'ChatGPT',
      generativeAi: true,
      score: 6,
    });
    await world.catalogApp('', 'claude', ['claude.ai'], { name: 'Claude', generativeAi: true });
    await world.catalogApp('', 'ollama', ['!ollama'], { name: 'Ollama' });
  });
  afterAll(() => world.close());

  it('counts a batch once, however often it is sent', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    const events = [
      { time, host: 'ChatGPT.com', user: 'alice', sourceIp: '10.0.0.1', bytesUp: 10, bytesDown: 20 },
      { time, host: 'www.chatgpt.com', user: 'bob', action: 'blocked' },
      { time, kind: 'process', process: 'C:\\ollama.exe', user: 'alice' },
      { time, host: 'wiki.example.org', bytesUp: 5 },
    ];
    expect(await world.batch(device, 1, events)).toEqual({ sequence: 1, accepted: 4, rejected: [], duplicate: false });
    expect(await world.batch(device, 1, events)).toMatchObject({ accepted: 4, duplicate: true });
    await world.batch(device, 3, [events[0]]);
    await world.batch(device, 2, [events[0]]);
    await world.counted(tenant, 6);
    const [chatgpt, ollama] = await world.apps(tenant);
    expect(chatgpt).toMatchObject({
      appId: 'chatgpt',
      name: 'ChatGPT',
      generativeAi: true,
      score: 6,
      users: 2,
      devices: 1,
      ipAddresses: 1,
      transactions: 4n,
      bytesUp: 30n,
      bytesDown: 60n,
      blocked: 1n,
    });
    expect(ollama).toMatchObject({ appId: 'ollama', transactions: 1n, users: 1 });
    expect((await world.hosts(tenant)).map((host) => host.host)).toEqual(['wiki.example.org']);
    await eventually(() =>
      expect(world.emitted(AppDiscoveredSchema, tenant).map((event) => event.appId)).toEqual(
        expect.arrayContaining(['chatgpt', 'ollama']),
      ),
    );
    expect(world.emitted(AppDiscoveredSchema, tenant)).toHaveLength(2);
  });

  it('takes protobuf and gzip, and answers in kind', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    const batch = create(TelemetryBatchSchema, {
      sequence: 1n,
      events: [
        { time: timestampFromDate(START), host: 'claude.ai', action: UsageAction.BLOCKED, bytesUp: 7n },
        { time: timestampFromDate(START), host: '' },
      ],
    });
    const answer = await world.post(
      '/v1/telemetry',
      gzipSync(toBinary(TelemetryBatchSchema, batch)),
      device.credential,
      {
        'Content-Type': 'application/x-protobuf',
        'Content-Encoding': 'gzip',
      },
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('application/x-protobuf');
    expect(fromBinary(TelemetryReceiptSchema, new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
      sequence: 1n,
      accepted: 1,
      rejected: [{ index: 1, field: 'process', reason: 'missing' }],
    });
    await world.counted(tenant, 1);
    expect(await world.apps(tenant)).toMatchObject([{ appId: 'claude', blocked: 1n, bytesUp: 7n }]);
  });

  it('rejects bad events by index and field, and keeps the rest', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    const receipt = await world.batch(device, 1, [
      { time, host: 'claude.ai' },
      { time: 'soon', host: 'claude.ai' },
      { time: '2020-01-01T00:00:00Z', host: 'claude.ai' },
      { time: '2026-01-17T00:00:00Z', host: 'claude.ai' },
      { host: 'claude.ai' },
      { time, host: '10.0.0.1' },
      { time, host: 'a..b' },
      { time, host: 'claude.ai', sourceIp: 'nobody' },
      { time, host: 'claude.ai', bytesUp: -1 },
      { time, host: 'claude.ai', user: 'a\u0000b' },
      { time, host: 'claude.ai', action: 'eaten' },
      { time, host: 7 },
      null,
      { time, host: 'claude.ai', user: 'ok' },
    ]);
    expect(receipt).toEqual({
      sequence: 1,
      accepted: 2,
      duplicate: false,
      rejected: [
        { index: 1, field: 'time', reason: 'not a time' },
        { index: 2, field: 'time', reason: 'too long ago' },
        { index: 3, field: 'time', reason: 'in the future' },
        { index: 4, field: 'time', reason: 'missing' },
        { index: 5, field: 'host', reason: 'address instead of a host name' },
        { index: 6, field: 'host', reason: 'not a host name' },
        { index: 7, field: 'sourceIp', reason: 'not an IP address' },
        { index: 8, field: 'bytesUp', reason: 'not a whole number from 0 to 1099511627776' },
        { index: 9, field: 'user', reason: 'has control characters' },
        { index: 10, field: 'action', reason: 'not one of allowed, blocked, warned, bypassed' },
        { index: 11, field: 'host', reason: 'not a text' },
        { index: 12, field: '', reason: 'not an object' },
      ],
    });
    await world.counted(tenant, 2);
  });

  it('refuses what is too large, malformed, or not from a device', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    const many = Array.from({ length: 5_001 }, () => ({ time, host: 'claude.ai' }));
    const codeOf = async (body: unknown, credential = device.credential, headers = {}): Promise<unknown> => {
      const answer = await world.post('/v1/telemetry', body, credential, headers);
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await codeOf({ sequence: 1, events: many })).toEqual([413, 'telemetry.batch-too-large']);
    expect(await codeOf('x'.repeat(5 << 20))).toEqual([413, 'body.too-large']);
    expect(await codeOf(gzipSync(Buffer.alloc(20 << 20)), undefined, { 'Content-Encoding': 'gzip' })).toEqual([
      413,
      'body.too-large',
    ]);
    expect(await codeOf('{')).toEqual([400, 'telemetry.batch-malformed']);
    expect(await codeOf({ sequence: 0, events: [] })).toEqual([400, 'telemetry.batch-malformed']);
    expect(await codeOf({ sequence: 1 })).toEqual([400, 'telemetry.batch-malformed']);
    expect((await world.post('/v1/telemetry', {})).status).toBe(401);
    expect((await world.post('/v1/telemetry', {}, await world.token(tenant, 'admin'))).status).toBe(403);
  });

  it('never answers random bytes with a 5xx', async () => {
    const device = await world.device(newId());
    const admin = await world.token(newId(), 'admin');
    const types = fc.constantFrom('application/json', 'application/x-protobuf', 'text/plain');
    const encodings = fc.constantFrom<Record<string, string>>(
      {},
      { 'Content-Encoding': 'gzip' },
      { 'Content-Encoding': 'br' },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), types, encodings, async (bytes, type, encoding) => {
        for (const [path, credential] of [
          ['/v1/telemetry', device.credential],
          ['/v1/enrol', undefined],
          ['/v1/logs?name=x', admin],
        ] as const) {
          const answer = await world.post(path, bytes, credential, { 'Content-Type': type, ...encoding });
          expect(answer.status).toBeLessThan(500);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tells of accesses to tagged apps: those after the tag, and what was blocked', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    await world.tag(tenant, 'claude', Tag.UNSANCTIONED, new Date(START.getTime() - 60_000));
    const before = new Date(START.getTime() - 120_000).toISOString();
    await world.batch(device, 1, [
      { time, host: 'claude.ai', user: 'alice', action: 'blocked' },
      { time, host: 'www.claude.ai', user: 'alice', action: 'blocked' },
      { time, host: 'claude.ai', user: 'alice' },
      { time, kind: 'dns', host: 'claude.ai', user: 'alice' },
      { time: before, host: 'claude.ai', user: 'bob' },
      { time: before, host: 'claude.ai', user: 'bob', action: 'blocked' },
      { time, host: 'chatgpt.com', user: 'alice' },
    ]);
    await eventually(() => expect(world.emitted(AppAccessedSchema, tenant)).toHaveLength(3));
    const accesses = world
      .emitted(AppAccessedSchema, tenant)
      .map(({ user, outcome, count, deviceId, tag }) => [
        user,
        outcome,
        Number(count),
        deviceId === device.id && tag === Tag.UNSANCTIONED,
      ]);
    expect(accesses).toEqual([
      ['alice', AccessOutcome.BLOCKED, 2, true],
      ['alice', AccessOutcome.ALLOWED, 1, true],
      ['bob', AccessOutcome.BLOCKED, 1, true],
    ]);
  });

  it('prefers a tenant’s own record of an app, and keeps tenants apart', async () => {
    const [mine, other] = [newId(), newId()];
    await world.catalogApp(mine, 'intranet-ai', ['ai.example.net'], { name: 'Our AI' });
    await world.catalogApp(mine, 'claude', ['=claude.ai'], { name: 'Claude (ours)', score: 9 });
    await eventually(() => expect(world.app.get(AppIndex).of(mine).match('www.claude.ai')).toBeUndefined());
    const [one, two] = [await world.device(mine), await world.device(other)];
    const events = ['ai.example.net', 'claude.ai', 'www.claude.ai'].map((host) => ({ time, host }));
    await world.batch(one, 1, events);
    await world.batch(two, 1, events);
    await world.counted(mine, 3);
    await world.counted(other, 3);
    expect((await world.apps(mine)).map((app) => [app.name, app.score, app.transactions])).toEqual([
      ['Claude (ours)', 9, 1n],
      ['Our AI', undefined, 1n],
    ]);
    expect((await world.apps(other)).map((app) => [app.name, app.transactions])).toEqual([['Claude', 2n]]);
    expect((await world.hosts(mine)).map((host) => host.host)).toEqual(['www.claude.ai']);
    const usage = world.rpc.getAppUsage({ appId: 'intranet-ai', top: 10 }, world.contextOf(other));
    await expect(usage).rejects.toMatchObject({ code: 'telemetry.app-not-seen' });
  });

  it('hides unclaimed hosts that an app comes to claim, and shows them again when it lets go', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    await world.batch(
      device,
      1,
      ['a.gpt-notes.example', 'gpt-notes.example', 'other.example'].map((host) => ({ time, host })),
    );
    await world.counted(tenant, 3);
    expect((await world.hosts(tenant)).find((host) => host.host === 'gpt-notes.example')).toMatchObject({
      registrableDomain: 'gpt-notes.example',
      generativeAiHint: 'name contains “gpt”',
    });
    await world.catalogApp(tenant, 'gpt-notes', ['.gpt-notes.example']);
    await eventually(async () =>
      expect((await world.hosts(tenant)).map((host) => host.host)).toEqual(['other.example', 'gpt-notes.example']),
    );
    await world.batch(device, 2, [{ time, host: 'a.gpt-notes.example' }]);
    await eventually(async () =>
      expect(await world.apps(tenant)).toMatchObject([{ appId: 'gpt-notes', transactions: 1n }]),
    );
    await world.catalogApp(tenant, 'gpt-notes', ['.gpt-notes.example'], { removed: true });
    await eventually(async () => expect(await world.hosts(tenant)).toHaveLength(3));
  });

  it('keeps the hosts of a global app with it while a tenant lays something over it and takes it off', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    const names = ['gpt-board.example', 'gpt-canvas.example'];
    await world.batch(
      device,
      1,
      ['other.example', ...names].map((host) => ({ time, host })),
    );
    await world.counted(tenant, 3);
    const shown = async () => (await world.hosts(tenant)).map((row) => row.host);
    await world.catalogApp('', 'board', ['=gpt-board.example']);
    await eventually(async () => expect(await shown()).toEqual(expect.not.arrayContaining(['gpt-board.example'])));
    // The tenant assigns it a host; then the global app changes in something else.
    await world.catalogApp(tenant, 'board', ['=gpt-board.example', '=gpt-canvas.example'], { tenantId: '' });
    await eventually(async () => expect(await shown()).toEqual(['other.example']));
    await world.catalogApp('', 'board', ['=gpt-board.example'], { name: 'Board' });
    expect(await shown()).toEqual(['other.example']);
    // It takes the host back: the record goes, and the global app holds the rest.
    await world.dropRecord(tenant, 'board', ['=gpt-board.example', '=gpt-canvas.example'], ['=gpt-canvas.example']);
    await eventually(async () => expect(await shown()).toContain('gpt-canvas.example'));
    expect(await shown()).not.toContain('gpt-board.example');
  });
});
