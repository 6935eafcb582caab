import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DeliveryState, Tag } from '#contracts';
import { DomainError } from '#kernel';
import { eventually } from '#testkit';
import { World, type TestDevice } from './world.js';

interface JsonList {
  revision: number;
  expiresAt: string;
  blockPage: string;
  rules: { kind: string; value: string; action: string; appId: string }[];
}

let world: World;

beforeAll(async () => {
  world = await World.open();
  await world.catalogApp('', 'chat', 'Chatty', 'domain:chatty.com', 'host:chat.example.net');
  await world.catalogApp('', 'draw', 'Drawy', 'domain:drawy.ai');
  await world.catalogApp('', 'mail', 'Maily', 'host:mail.chatty.com');
});
afterAll(() => world.close());

async function listOf(device: TestDevice): Promise<JsonList> {
  const answer = await world.get('/v1/blocklist', device.credential);
  expect(answer.status).toBe(200);
  return (await answer.json()) as JsonList;
}

async function untilListed(device: TestDevice, ...names: string[]): Promise<JsonList> {
  return eventually(async () => {
    const list = await listOf(device);
    expect(list.rules.map((rule) => rule.value)).toEqual(names);
    return list;
  });
}

describe('a device’s block list', () => {
  it('follows tags and rules, one revision a change, and is empty before', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const first = await eventually(() => listOf(device));
    expect(first).toMatchObject({ revision: 1, rules: [] });
    await world.tag(tenant, 'chat', Tag.UNSANCTIONED);
    const second = await untilListed(device, 'chat.example.net', 'chatty.com');
    expect(second.revision).toBe(2);
    expect(second.rules[0]).toEqual({ kind: 'host', value: 'chat.example.net', action: 'block', appId: 'chat' });
    await world.tag(tenant, 'draw', Tag.MONITORED);
    await untilListed(device, 'chat.example.net', 'chatty.com', 'drawy.ai');
    await world.tag(tenant, 'mail', Tag.SANCTIONED);
    await untilListed(device, 'chat.example.net', 'drawy.ai');
    const { conflicts } = await world.rpc.listConflicts({}, world.contextOf(tenant));
    expect(conflicts).toHaveLength(1);
    expect(conflicts[0]).toMatchObject({ appId: 'chat', value: 'chatty.com', sharedWithAppId: 'mail' });
    await world.tag(tenant, 'chat', Tag.UNSPECIFIED);
    await world.tag(tenant, 'draw', Tag.UNSPECIFIED);
    await untilListed(device);
  });

  it('takes the tenant’s record of an app before the global one, and the global one again when that goes', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    await world.tag(tenant, 'draw', Tag.UNSANCTIONED);
    await eventually(() => untilListed(device, 'drawy.ai'));
    await world.catalogApp(tenant, 'draw', 'Drawy, ours', 'domain:drawy.example');
    await untilListed(device, 'drawy.example');
    await world.removeApp(tenant, 'draw');
    await untilListed(device, 'drawy.ai');
  });

  it('answers 304 to whoever has it, and JSON or protobuf by Accept', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    await eventually(() => listOf(device));
    const json = await world.get('/v1/blocklist', device.credential);
    const etag = json.headers.get('etag')!;
    expect(etag).toMatch(/^"\d+-[0-9a-f]{8}"$/);
    expect(json.headers.get('cache-control')).toBe('no-cache');
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const same = await world.get('/v1/blocklist', device.credential, { 'If-None-Match': known });
      expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, etag, '']);
    }
    expect((await world.get('/v1/blocklist', device.credential, { 'If-None-Match': '"9-00000000"' })).status).toBe(200);
    const binary = await world.get('/v1/blocklist', device.credential, { Accept: 'application/x-protobuf' });
    expect(binary.headers.get('content-type')).toBe('application/x-protobuf');
  });

  it('wakes a waiting device when a new revision is out, and lets it go after its time', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    await eventually(() => listOf(device));
    const etag = (await world.get('/v1/blocklist', device.credential)).headers.get('etag')!;
    const startedAt = performance.now();
    const idle = await world.get('/v1/blocklist?wait=1', device.credential, { 'If-None-Match': etag });
    expect(idle.status).toBe(304);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    const waiting = world.get('/v1/blocklist?wait=60', device.credential, { 'If-None-Match': etag });
    await world.tag(tenant, 'draw', Tag.UNSANCTIONED);
    const woken = await waiting;
    expect(woken.status).toBe(200);
    expect(((await woken.json()) as JsonList).rules).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('makes a first list for a device whose group nobody has heard of', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant, 'kiosk');
    const list = await eventually(() => listOf(device));
    expect(list.revision).toBe(1);
    const { blocklists } = await world.rpc.listBlocklists({}, world.contextOf(tenant));
    expect(blocklists.map((each) => each.group)).toEqual(['default', 'kiosk']);
  });

  it('is for devices with a credential, and answers bad questions with the field that is wrong', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const viewer = await world.token(tenant, 'viewer');
    await eventually(() => listOf(device));
    expect((await world.get('/v1/blocklist')).status).toBe(401);
    await eventually(async () => expect((await world.get('/v1/blocklist', viewer)).status).toBe(403));
    for (const wait of ['-1', '61', '1.5', 'x', '', '1&wait=2']) {
      const answer = await world.get(`/v1/blocklist?wait=${wait}`, device.credential);
      expect([wait, answer.status]).toEqual([wait, 400]);
      expect(await answer.json()).toMatchObject({ code: 'blocklist.wait-invalid', field: 'wait' });
    }
  });
});

describe('the plain list', () => {
  it('shows what is blocked, one name a line, to people, integrations and devices', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const reader = await world.token(tenant, 'integration');
    const viewer = await world.token(tenant, 'viewer');
    await world.tag(tenant, 'chat', Tag.UNSANCTIONED);
    await world.tag(tenant, 'draw', Tag.MONITORED);
    await eventually(() => untilListed(device, 'chat.example.net', 'chatty.com', 'drawy.ai'));
    for (const credential of [reader, viewer, device.credential]) {
      const answer = await eventually(async () => {
        const answer = await world.get('/v1/blocklist.txt', credential);
        expect(answer.status).toBe(200);
        return answer;
      });
      expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
      expect(await answer.text()).toBe('chat.example.net\nchatty.com\n');
      const etag = answer.headers.get('etag')!;
      expect((await world.get('/v1/blocklist.txt', credential, { 'If-None-Match': etag })).status).toBe(304);
    }
    expect(await (await world.get('/v1/blocklist.txt?action=warn', viewer)).text()).toBe('drawy.ai\n');
    expect(await (await world.get('/v1/blocklist.txt?action=all', viewer)).text()).toContain('drawy.ai');
    const wrong = await world.get('/v1/blocklist.txt?action=x', viewer);
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { code: 'blocklist.action-invalid' }]);
    expect((await world.get('/v1/blocklist.txt?group=nowhere', viewer)).status).toBe(404);
    expect((await world.get('/v1/blocklist.txt?group=nowhere', device.credential)).status).toBe(403);
  });
});

describe('delivery', () => {
  it('goes from published over delivered to applied or failed, and never back', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const context = world.contextOf(tenant);
    const state = async () => (await world.rpc.listDeviceStates({}, context)).states[0];
    await eventually(async () => expect((await state())?.currentRevision).toBe(1n));
    expect(await state()).toMatchObject({ deviceId: device.id, state: DeliveryState.PUBLISHED, deliveredRevision: 0n });
    expect((await world.rpc.getDeviceStates({ deviceIds: [device.id] }, context)).states).toEqual([]);
    await eventually(() => listOf(device));
    await eventually(async () =>
      expect(await state()).toMatchObject({ state: DeliveryState.DELIVERED, deliveredRevision: 1n }),
    );
    const failed = await world.report(device.credential, { revision: 1, status: 'failed', error: 'no \0 disk' });
    expect(failed.status).toBe(200);
    expect(await state()).toMatchObject({ state: DeliveryState.FAILED, error: 'no  disk', appliedRevision: 0n });
    expect((await world.report(device.credential, { revision: 1, status: 'applied' })).status).toBe(200);
    expect(await state()).toMatchObject({ state: DeliveryState.APPLIED, appliedRevision: 1n, error: '' });
    await world.tag(tenant, 'draw', Tag.UNSANCTIONED);
    await eventually(async () =>
      expect(await state()).toMatchObject({ state: DeliveryState.PUBLISHED, currentRevision: 2n }),
    );
    expect((await world.report(device.credential, { revision: 2, status: 'applied' })).status).toBe(200);
    expect((await world.report(device.credential, { revision: 1, status: 'failed', error: 'late' })).status).toBe(200);
    expect((await world.report(device.credential, { revision: 1, status: 'applied' })).status).toBe(200);
    expect(await state()).toMatchObject({ state: DeliveryState.APPLIED, appliedRevision: 2n, error: '' });
    const { blocklists } = await world.rpc.listBlocklists({}, context);
    expect(blocklists[0]).toMatchObject({
      group: 'default',
      revision: 2n,
      blockRules: 1,
      delivery: { devices: 1, published: 0, delivered: 0, applied: 1, failed: 0 },
    });
    expect((await world.rpc.getDeviceStates({ deviceIds: [device.id] }, context)).states).toHaveLength(1);
  });

  it('refuses reports of what was never published, and bodies that are no report', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    await eventually(() => listOf(device));
    const never = await world.report(device.credential, { revision: 7, status: 'applied' });
    expect([never.status, await never.json()]).toMatchObject([400, { code: 'blocklist.revision-not-published' }]);
    const bodies: [unknown, string][] = [
      [{ revision: 0, status: 'applied' }, 'revision'],
      [{ revision: 1.5, status: 'applied' }, 'revision'],
      [{ revision: 1, status: 'done' }, 'status'],
      [{ revision: 1, status: 'failed', error: 'x'.repeat(3_000) }, 'error'],
      [[], 'body'],
      ['{', 'body'],
      ['', 'body'],
    ];
    for (const [body, field] of bodies) {
      const answer = await world.report(device.credential, body);
      expect([body, answer.status, await answer.json()]).toMatchObject([body, 400, { field }]);
    }
    expect((await world.report(device.credential, 'x'.repeat(20_000))).status).toBe(413);
  });

  it('writes many reports together and answers each', async () => {
    const tenant = await world.tenant();
    const devices = await Promise.all(Array.from({ length: 40 }, () => world.device(tenant)));
    await eventually(() => Promise.all(devices.map(listOf)));
    const answers = await Promise.all(
      devices.flatMap((device) => [
        world.report(device.credential, { revision: 1, status: 'failed' }),
        world.report(device.credential, { revision: 1, status: 'applied' }),
      ]),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const { blocklists } = await world.rpc.listBlocklists({}, world.contextOf(tenant));
    expect(blocklists[0]?.delivery).toMatchObject({ devices: 40 });
    const page = await world.rpc.listDeviceStates(
      { group: 'default', page: { first: 30, after: '' } },
      world.contextOf(tenant),
    );
    expect([page.states.length, page.page?.hasNextPage, page.page?.totalCount]).toEqual([30, true, 40]);
    const rest = await world.rpc.listDeviceStates(
      { group: 'default', page: { first: 30, after: page.page!.cursors.at(-1)! } },
      world.contextOf(tenant),
    );
    expect([rest.states.length, rest.page?.hasNextPage, rest.page?.totalCount]).toEqual([10, false, 40]);
    expect(new Set([...page.states, ...rest.states].map((each) => each.deviceId)).size).toBe(40);
  });
});

describe('random input', () => {
  it('never makes an answer above 499', async () => {
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const viewer = await world.token(tenant, 'viewer');
    await eventually(() => listOf(device));
    await eventually(async () => expect((await world.get('/v1/blocklist.txt', viewer)).status).toBe(200));
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\0', '%00', 'x'.repeat(500), '../..', '\ud800'),
    );
    await fc.assert(
      fc.asyncProperty(noise, noise, async (a, b) => {
        const [x, y] = [a, b].map((text) => encodeURIComponent(Buffer.from(text).toString()));
        const answers = await Promise.all([
          world.get(`/v1/blocklist?wait=${x}`, device.credential),
          world.get('/v1/blocklist', device.credential, { 'If-None-Match': x!, Accept: y! }),
          world.get(`/v1/blocklist.txt?group=${x}&action=${y}`, viewer),
          world.get(`/v1/blocklist.txt?group=${x}`, viewer),
          world.get(`/blocked?host=${x}&t=${y}`),
          world.report(device.credential, a || '?'),
          world.report(device.credential, { revision: 1, status: 'failed', error: a }),
        ]);
        expect(answers.filter((answer) => answer.status > 499)).toEqual([]);
        const context = world.contextOf(tenant);
        await world.rpc.getDeviceStates({ deviceIds: [a, b] }, context);
        const asked = [
          world.rpc.listRules({ group: a, page: { first: 5, after: b } }, context),
          world.rpc.listConflicts({ page: { first: 5, after: a } }, context),
          world.rpc.listDeviceStates({ group: a, page: { first: 500, after: b } }, context),
          world.rpc.listDeviceStates({ group: a }, context),
        ];
        for (const each of await Promise.allSettled(asked)) {
          if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(DomainError);
        }
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
