import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CorrelatorSettings } from '../src/correlator.config.js';
import { RetentionHandlers } from '../src/retention.handlers.js';
import { RetentionStore } from '../src/retention.store.js';
import { CorrelatorWorld } from './correlator-world.js';
import { access } from './sightings.js';

const DAY_MS = 86_400_000;

describe('incidents past their retention', () => {
  let world: CorrelatorWorld;
  beforeAll(async () => {
    world = await CorrelatorWorld.open();
  });
  afterAll(() => world.close());

  async function rows(): Promise<number> {
    const tables = ['alert', 'alert_entity', 'incident', 'incident_entity', 'incident_comment', 'incident_history'];
    const counts = await Promise.all(
      tables.map((table) =>
        world.database.query<{ count: string }>(`SELECT count(*) FROM ${table} WHERE tenant_id = 'old'`),
      ),
    );
    return counts.reduce((sum, [row]) => sum + Number(row!.count), 0);
  }

  it('go with all that belongs to them; what was active since stays', async () => {
    const retention = new RetentionHandlers(
      new RetentionStore(world.database),
      world.clock,
      CorrelatorSettings.load({}),
    );
    await world.see('old', access({ user: 'alice' }));
    const [incident] = await world.incidents('old');
    await world.comment('old', incident!.id, 'Asked her.');
    expect(await rows()).toBeGreaterThan(4);

    world.clock.advance(179 * DAY_MS);
    await retention.removeOldIncidents();
    expect(await world.incidents('old')).toHaveLength(1);

    await world.see(
      'young',
      access({ user: 'bruno', deviceId: 'd8', firstAt: world.clock.now(), lastAt: world.clock.now() }),
    );
    world.clock.advance(2 * DAY_MS);
    await retention.removeOldIncidents();
    expect(await rows()).toBe(0);
    expect(await world.incidents('young')).toHaveLength(1);
    expect(await world.alerts('young')).toHaveLength(1);
  });
});
