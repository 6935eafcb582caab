import { describe, expect, it, jest } from '@jest/globals';
import { newId } from '#kernel';
import { START, World } from './world.js';

jest.setTimeout(60_000);

const time = START.toISOString();

describe('a restart in the middle of it', () => {
  it('loses nothing that was acknowledged and counts nothing twice', async () => {
    const tenant = newId();
    let world = await World.open();
    await world.catalogApp('', 'claude', ['claude.ai']);
    const devices = await Promise.all(Array.from({ length: 4 }, (_, index) => world.device(tenant, `laptop-${index}`)));
    const events = Array.from({ length: 500 }, (_, index) => ({ time, host: 'claude.ai', user: `user-${index % 5}` }));
    for (let round = 1; round <= 3; round += 1) {
      for (let sequence = 1; sequence <= 4 * round; sequence += 1) {
        await Promise.all(devices.map((device) => world.batch(device, sequence, events)));
      }
      // Closes while batches are still to be applied: what is left is applied after the start.
      const { database } = world.app;
      await world.close();
      world = await World.open({ database });
    }
    await world.counted(tenant, 4 * 12 * 500);
    expect(await world.apps(tenant)).toMatchObject([{ appId: 'claude', users: 5, devices: 4 }]);
    const { devices: listed } = await world.rpc.listDevices({ page: { first: 10 } }, world.contextOf(tenant));
    expect(listed).toHaveLength(4);
    await world.close();
  });
});
