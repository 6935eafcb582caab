import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DeviceChangedSchema } from '#contracts';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import { World } from './world.js';

describe('enrolment and devices', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
  });
  afterAll(() => world.close());

  const enrol = async (
    secret: string,
    more: object = { name: 'laptop' },
  ): Promise<[number, Record<string, string>]> => {
    const answer = await world.post('/v1/enrol', { secret, ...more });
    return [answer.status, (await answer.json()) as Record<string, string>];
  };

  it('exchanges a secret for a credential that works at once, until the device is revoked', async () => {
    const tenant = newId();
    const context = world.contextOf(tenant);
    const { secret, enrolmentSecret } = await world.rpc.createEnrolmentSecret({ group: 'sales' }, context);
    const [status, enrolled] = await enrol(secret, { name: ' laptop-7 ', os: 'macOS 15.1', agentVersion: '1.2.3' });
    expect([status, enrolled.group, enrolled.tenant]).toEqual([201, 'sales', tenant]);
    const { credential = '', deviceId = '' } = enrolled;
    const { device } = await world.rpc.authenticateDevice({ credential }, world.contextOf(''));
    expect(device).toMatchObject({ id: deviceId, name: 'laptop-7', os: 'macOS 15.1', group: 'sales', revoked: false });
    expect((await world.post('/v1/telemetry', { sequence: 1, events: [] }, credential)).status).toBe(200);

    await world.rpc.revokeDevice({ deviceId }, context);
    await expect(world.rpc.authenticateDevice({ credential }, context)).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
    await eventually(async () =>
      expect((await world.post('/v1/telemetry', { sequence: 2, events: [] }, credential)).status).toBe(401),
    );
    await eventually(() =>
      expect(world.emitted(DeviceChangedSchema, tenant).map((each) => each.device?.revoked)).toEqual([false, true]),
    );
    expect(world.emitted(DeviceChangedSchema, tenant)[0]?.credentialHash).toHaveLength(32);
    const { enrolmentSecrets } = await world.rpc.listEnrolmentSecrets({ page: { first: 10 } }, context);
    expect(enrolmentSecrets).toMatchObject([{ id: enrolmentSecret?.id, uses: 1, revoked: false, createdBy: 'test' }]);
  });

  it('refuses secrets that are wrong, revoked or expired, all alike', async () => {
    const tenant = newId();
    const context = world.contextOf(tenant);
    const { secret, enrolmentSecret } = await world.rpc.createEnrolmentSecret({}, context);
    const expiresAt = timestampFromDate(new Date(world.clock.now().getTime() + 1_000));
    const expiring = await world.rpc.createEnrolmentSecret({ expiresAt }, context);
    world.clock.advance(1_500);
    await world.rpc.revokeEnrolmentSecret({ id: enrolmentSecret!.id }, context);
    const wrong = `${secret.slice(0, -2)}${secret.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const presented of [secret, expiring.secret, wrong, 'gne_', '', '\u0000']) {
      const [status, body] = await enrol(presented);
      expect([status, body.code]).toEqual([401, 'telemetry.enrolment-refused']);
    }
  });

  it('names the field that is wrong', async () => {
    const { secret } = await world.rpc.createEnrolmentSecret({}, world.contextOf(newId()));
    for (const [field, more] of [
      ['name', {}],
      ['name', { name: '' }],
      ['name', { name: 'a\u0000b' }],
      ['os', { name: 'a', os: 7 }],
      ['agentVersion', { name: 'a', agentVersion: 'x'.repeat(101) }],
    ] as const) {
      const [status, body] = await enrol(secret, more);
      expect([status, body.field]).toEqual([400, field]);
    }
    const group = world.rpc.createEnrolmentSecret({ group: 'Über' }, world.contextOf(newId()));
    await expect(group).rejects.toMatchObject({ details: { field: 'group' } });
  });

  it('lists devices by name, a page at a time, and only the tenant’s', async () => {
    const [tenant, other] = [newId(), newId()];
    for (const name of ['Delta', 'alpha', 'charlie', 'bravo']) await world.device(tenant, name);
    const foreign = await world.device(other, 'alpha');
    const context = world.contextOf(tenant);
    const first = await world.rpc.listDevices({ page: { first: 3 } }, context);
    expect(first.devices.map((device) => device.name)).toEqual(['alpha', 'bravo', 'charlie']);
    expect(first.page).toMatchObject({ hasNextPage: true, totalCount: 4 });
    const second = await world.rpc.listDevices({ page: { first: 3, after: first.page!.cursors.at(-1)! } }, context);
    expect(second.devices.map((device) => device.name)).toEqual(['Delta']);
    const found = await world.rpc.listDevices({ search: 'RA', page: { first: 3 } }, context);
    expect(found.devices.map((device) => device.name)).toEqual(['bravo']);
    expect((await world.rpc.getDevices({ ids: [foreign.id, '\0'] }, context)).devices).toEqual([]);
    await expect(world.rpc.revokeDevice({ deviceId: foreign.id }, context)).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(world.rpc.listDevices({ page: { first: 0 } }, context)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(world.rpc.listDevices({ page: { first: 1, after: 'x' } }, context)).rejects.toMatchObject({
      kind: 'invalid',
    });
  });
});
