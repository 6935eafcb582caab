import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { newId, provideSetting } from '#kernel';
import { eventually } from '#testkit';
import { START, World, type TestDevice } from './world.js';

jest.setTimeout(60_000);

const time = START.toISOString();

describe('when too much comes in', () => {
  let world: World;
  let device: TestDevice;
  const tenant = newId();
  beforeAll(async () => {
    provideSetting('TELEMETRY_MAX_IN_FLIGHT_BYTES', '1000');
    provideSetting('TELEMETRY_MAX_UPLOADS', '2');
    provideSetting('TELEMETRY_FILE_IDLE_MS', '1500');
    world = await World.open();
    device = await world.device(tenant);
  });
  afterAll(() => world.close());

  /** A request whose body does not end until it is told to. */
  function slow(path: string, credential: string): { end(text: string): Promise<number> } {
    const headers = { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' };
    const sent = request(`${world.app.url}${path}`, { method: 'POST', headers });
    const answered = new Promise<number>((resolve, reject) => {
      sent.once('response', (response) => resolve(response.resume().statusCode ?? 0));
      sent.once('error', reject);
    });
    sent.write(' ');
    return {
      end: (text) => {
        sent.end(text);
        return answered;
      },
    };
  }

  it('answers batches over the byte budget with 503 and Retry-After, and takes them when there is room', async () => {
    const first = slow('/v1/telemetry', device.credential);
    const body = { sequence: 2, events: [{ time, host: 'claude.ai' }] };
    await eventually(async () => {
      const answer = await world.post('/v1/telemetry', body, device.credential);
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2']);
      expect(await answer.json()).toMatchObject({ code: 'telemetry.overloaded' });
    });
    expect(await first.end(JSON.stringify({ sequence: 1, events: [{ time, host: 'claude.ai' }] }))).toBe(200);
    expect((await world.post('/v1/telemetry', body, device.credential)).status).toBe(200);
    await world.counted(tenant, 2);
  });

  it('reads so many log files at a time', async () => {
    const token = await world.token(tenant, 'admin');
    const first = slow('/v1/logs?name=slow', token);
    await eventually(async () => expect((await world.post('/v1/logs?name=fast', '', token)).status).toBe(503));
    expect(await first.end('')).toBe(200);
    expect((await world.post('/v1/logs?name=fast', '', token)).status).toBe(200);
  });

  it('leaves a tenant’s places to others where it has half of them', async () => {
    const token = await world.token(tenant, 'admin');
    const other = await world.token(newId(), 'admin');
    const first = slow('/v1/logs?name=slow', token);
    await eventually(async () => expect((await world.post('/v1/logs?name=fast', '', token)).status).toBe(503));
    expect((await world.post('/v1/logs?name=fast', '', other)).status).toBe(200);
    expect(await first.end('')).toBe(200);
  });

  it('gives up a sender that has fallen silent', async () => {
    const token = await world.token(tenant, 'admin');
    const silent = slow('/v1/logs?name=silent', token);
    await eventually(async () => expect((await world.post('/v1/logs?name=fast', '', token)).status).toBe(503));
    await eventually(async () => expect((await world.post('/v1/logs?name=fast', '', token)).status).toBe(200));
    expect(await silent.end('').catch(() => 408)).toBe(408);
  });
});
