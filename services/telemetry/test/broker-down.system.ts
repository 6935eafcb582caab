import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { newId, provideSetting } from '#kernel';
import { eventually, requires, startKafka, type TestKafka } from '#testkit';
import { World, type TestDevice } from './world.js';

jest.setTimeout(120_000);

requires({ kafka: 'own' })('telemetry, while the broker is gone,', () => {
  let kafka: TestKafka;
  let world: World;
  let device: TestDevice;
  const tenant = newId();
  beforeAll(async () => {
    kafka = await startKafka({ own: true });
    provideSetting('EVENT_LOG', 'kafka');
    provideSetting('KAFKA_BROKERS', kafka.brokers);
    provideSetting('KAFKA_REPLICAS', '1');
    world = await World.open();
    // Retention is the broker's, by its own clock.
    world.clock.set(new Date());
    device = await world.device(tenant);
  });
  afterAll(async () => {
    await world.close();
    await kafka.stop();
  });

  const send = (sequence: number): Promise<Response> =>
    world.post('/v1/telemetry', { sequence, events: [{ time: new Date(), host: 'claude.ai' }] }, device.credential);

  it('acknowledges nothing, says when to come back, and counts once what is sent again', async () => {
    await eventually(async () => expect((await send(1)).status).toBe(200), { timeoutMs: 20_000 });
    await kafka.kill();
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = await send(2);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await refused.json()).toMatchObject({ code: 'event-log.unavailable' });
    }
    await kafka.restart();
    await eventually(async () => expect((await send(2)).status).toBe(200), { timeoutMs: 30_000 });
    expect((await send(2)).status).toBe(200);
    await world.counted(tenant, 2);
    expect((await send(3)).status).toBe(200);
    await world.counted(tenant, 3);
  });
});
