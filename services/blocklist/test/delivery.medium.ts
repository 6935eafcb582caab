import { afterEach, describe, expect, it } from '@jest/globals';
import { Tag } from '#contracts';
import { provideSetting } from '#kernel';
import { eventually, FakeClock } from '#testkit';
import { DeviceSimulator } from '../../../libs/testkit/src/simulator/index.js';
import { BlocklistService } from '../src/blocklist.service.js';
import { WaitingRoom } from '../src/waiting-room.js';
import { World, type TestDevice } from './world.js';

const worlds: World[] = [];

async function open(options: { clock?: FakeClock; database?: string } = {}): Promise<World> {
  const world = await World.open(options);
  worlds.push(world);
  return world;
}

async function etagOf(world: World, device: TestDevice): Promise<string> {
  return eventually(async () => {
    const answer = await world.get('/v1/blocklist', device.credential);
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    return answer.headers.get('etag')!;
  });
}

function simulate(
  world: World,
  tenant: string,
  device: TestDevice,
  now = () => world.clock.now(),
): Promise<DeviceSimulator> {
  const encoding = device.id < '8' ? 'json' : 'protobuf';
  return DeviceSimulator.resume(
    { url: world.url, name: 'laptop', os: 'Linux', user: 'ada', encoding, now },
    { deviceId: device.id, credential: device.credential, tenant, group: device.group },
  );
}

describe('waiting devices', () => {
  afterEach(async () => {
    provideSetting('BLOCKLIST_MAX_WAITING', '20000');
    await Promise.all(worlds.splice(0).map((world) => world.close()));
  });

  it('are let go when the process stops', async () => {
    const world = await open();
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const etag = await etagOf(world, device);
    const waiting = world.get('/v1/blocklist?wait=60', device.credential, { 'If-None-Match': etag });
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(1));
    const startedAt = performance.now();
    await world.close();
    worlds.pop();
    expect((await waiting).status).toBe(304);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('give their place free when they hang up', async () => {
    const world = await open();
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const etag = await etagOf(world, device);
    const hangUp = new AbortController();
    const headers = { Authorization: `Bearer ${device.credential}`, 'If-None-Match': etag };
    const waiting = fetch(`${world.url}/v1/blocklist?wait=60`, { headers, signal: hangUp.signal });
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(1));
    hangUp.abort();
    await expect(waiting).rejects.toThrow();
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(0));
  });

  it('above the limit are answered at once and told when to come again', async () => {
    provideSetting('BLOCKLIST_MAX_WAITING', '2');
    const world = await open();
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const etag = await etagOf(world, device);
    const ask = (): Promise<Response> =>
      world.get('/v1/blocklist?wait=60', device.credential, { 'If-None-Match': etag });
    const waiting = [ask(), ask()];
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(2));
    const third = await ask();
    expect([third.status, Number(third.headers.get('retry-after')) > 0]).toEqual([304, true]);
    await world.catalogApp('', 'x', 'X', 'domain:x.com');
    await world.tag(tenant, 'x', Tag.UNSANCTIONED);
    expect((await Promise.all(waiting)).map((answer) => answer.status)).toEqual([200, 200]);
    expect(world.app.get(WaitingRoom).size).toBe(0);
  });

  it('leave room for each other', async () => {
    provideSetting('BLOCKLIST_MAX_WAITING', '100');
    const world = await open();
    const tenant = await world.tenant();
    const [greedy, other] = await Promise.all([world.device(tenant), world.device(tenant)]);
    const etag = await etagOf(world, greedy);
    const ask = (device: TestDevice): Promise<Response> =>
      world.get('/v1/blocklist?wait=60', device.credential, { 'If-None-Match': etag });
    const waiting = Array.from({ length: 4 }, () => ask(greedy));
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(4));
    expect((await ask(greedy)).headers.get('retry-after')).toBe('15');
    waiting.push(ask(other));
    await eventually(() => expect(world.app.get(WaitingRoom).size).toBe(5));
    await world.catalogApp('', 'x', 'X', 'domain:x.com');
    await world.tag(tenant, 'x', Tag.UNSANCTIONED);
    expect((await Promise.all(waiting)).map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
  });

  it('hear of a revision in every process, with the same key', async () => {
    const first = await open();
    const second = await open({ database: first.app.database });
    const tenant = await first.tenant();
    const device = await first.device(tenant);
    const key = async (world: World): Promise<unknown> => (await world.get('/v1/blocklist/key')).json();
    expect(await key(first)).toEqual(await key(second));
    await first.catalogApp('', 'x', 'X', 'domain:x.com');
    const etag = await etagOf(first, device);
    await etagOf(second, device);
    for (const tag of [Tag.UNSANCTIONED, Tag.MONITORED, Tag.UNSPECIFIED, Tag.UNSANCTIONED]) {
      const known = await etagOf(first, device);
      const waiting = [first, second].map((world) =>
        world.get('/v1/blocklist?wait=30', device.credential, { 'If-None-Match': known }),
      );
      await first.tag(tenant, 'x', tag);
      const answers = await Promise.all(waiting);
      expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
      const [one, two] = await Promise.all(answers.map((answer) => answer.text()));
      expect(one).toBe(two);
      expect(answers[0]!.headers.get('etag')).not.toBe(etag);
    }
  });
});

describe('simulated laptops', () => {
  afterEach(() => Promise.all(worlds.splice(0).map((world) => world.close())));

  it('check, enforce and confirm each list, twenty in one process', async () => {
    const world = await open();
    const tenant = await world.tenant();
    await world.catalogApp('', 'x', 'X', 'domain:x.com');
    await world.catalogApp('', 'y', 'Y', 'host:chat.y.com');
    const devices = await Promise.all(Array.from({ length: 20 }, () => world.device(tenant)));
    await etagOf(world, devices[19]!);
    const laptops = await Promise.all(devices.map((device) => simulate(world, tenant, device)));
    for (const laptop of laptops) laptop.start();
    try {
      await eventually(() => expect(laptops.every((laptop) => laptop.appliedRevision === 1n)).toBe(true));
      expect(laptops[0]!.browse('www.x.com', { bytesUp: 1, bytesDown: 1 })).toBe('allowed');
      const heard: bigint[] = [];
      for (const laptop of laptops) laptop.onApplied((revision) => heard.push(revision));
      await world.tag(tenant, 'x', Tag.UNSANCTIONED);
      await eventually(() => expect(heard).toHaveLength(20));
      expect(laptops.map((laptop) => laptop.browse('www.x.com', { bytesUp: 1, bytesDown: 1 }))).toEqual(
        laptops.map(() => 'blocked'),
      );
      await world.tag(tenant, 'y', Tag.MONITORED);
      await eventually(() => expect(heard).toHaveLength(40));
      expect(laptops[3]!.browse('chat.y.com', { bytesUp: 1, bytesDown: 1 })).toBe('warned');
      const { blocklists } = await world.rpc.listBlocklists({}, world.contextOf(tenant));
      expect(blocklists[0]).toMatchObject({ revision: 3n, delivery: { devices: 20, applied: 20 } });
      expect(laptops.flatMap((laptop) => laptop.refusals)).toEqual([]);
    } finally {
      await Promise.all(laptops.map((laptop) => laptop.stop()));
    }
  });

  it('get a list signed anew before it expires, under the same revision', async () => {
    const clock = new FakeClock(new Date());
    const world = await open({ clock });
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    const before = await etagOf(world, device);
    const laptop = await simulate(world, tenant, device);
    laptop.start();
    await eventually(() => expect(laptop.appliedRevision).toBe(1n));
    const service = world.app.get(BlocklistService);
    expect(await service.reissueDue()).toBe(0);
    clock.advance(4 * 86_400_000);
    expect(await service.reissueDue()).toBe(1);
    expect(await service.reissueDue()).toBe(0);
    const after = await etagOf(world, device);
    expect([after === before, after.split('-')[0]]).toEqual([false, '"1']);
    clock.advance(4 * 86_400_000);
    await eventually(() => expect(laptop.isFrozen).toBe(false));
    await eventually(async () => {
      const { blocklists } = await world.rpc.listBlocklists({}, world.contextOf(tenant));
      expect(blocklists[0]).toMatchObject({ revision: 1n, delivery: { applied: 1 } });
    });
    clock.advance(4 * 86_400_000);
    expect(laptop.isFrozen).toBe(true);
    expect(laptop.refusals).toEqual([]);
    await laptop.stop();
  });

  it('say so when they refuse a list', async () => {
    const world = await open();
    const tenant = await world.tenant();
    const device = await world.device(tenant);
    await etagOf(world, device);
    const laptop = await simulate(world, tenant, device, () => new Date(world.clock.now().getTime() + 30 * 86_400_000));
    laptop.start();
    await eventually(() => expect(laptop.refusals[0]?.reason).toBe('expired'));
    await eventually(async () => {
      const { states } = await world.rpc.getDeviceStates({ deviceIds: [device.id] }, world.contextOf(tenant));
      expect(states[0]?.error).toContain('expired');
    });
    expect(laptop.appliedRevision).toBe(0n);
    await laptop.stop();
  });
});
