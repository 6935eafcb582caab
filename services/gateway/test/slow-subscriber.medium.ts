import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { newId, provideSetting } from '#kernel';
import { eventually } from '#testkit';
import { cursorOf, gatewayApp, type GatewayApp } from './gateway-app.js';
import { Correlator } from './neighbours.js';

const TITLE = 'x'.repeat(500_000);

describe('a subscriber that does not read', () => {
  let gateway: GatewayApp;
  beforeAll(async () => {
    provideSetting('SUBSCRIPTION_BUFFER', '4');
    provideSetting('SUBSCRIPTION_SLOW_SECONDS', '1');
    gateway = await gatewayApp();
  });
  afterAll(async () => {
    provideSetting('SUBSCRIPTION_BUFFER', '');
    provideSetting('SUBSCRIPTION_SLOW_SECONDS', '');
    await gateway?.test.close();
  });

  it('is closed with 4429 and can go on from its last cursor', async () => {
    const correlator = gateway.test.get(Correlator);
    const start = await cursorOf(gateway);
    const reader = await subscriber(gateway, start);
    await correlator.change(gateway.tenantId, 'first');
    await eventually(() => expect(reader.changes).toHaveLength(1));

    reader.socket.pause();
    for (let n = 0; n < 40; n++) await correlator.change(gateway.tenantId, newId(), { title: TITLE });
    await eventually(async () => expect(await subscriptions(gateway)).toBe(0), { timeoutMs: 4_000 });

    reader.socket.resume();
    await eventually(() => expect(reader.closed).toBe(4429));
    expect(reader.changes.length).toBeLessThan(41);
    const again = await subscriber(gateway, reader.changes.at(-1)!);
    await eventually(() => expect(again.changes).toHaveLength(41 - reader.changes.length));
    again.socket.close();
  }, 30_000);
});

async function subscriptions(gateway: GatewayApp): Promise<number> {
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(/^gnomon_gateway_subscriptions (\d+)$/m.exec(metrics)![1]);
}

/** A client of the bare protocol, whose socket can be stopped. `changes` are the cursors it got. */
async function subscriber(gateway: GatewayApp, after: string) {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const seen = { socket, changes: [] as string[], closed: undefined as number | undefined };
  socket.on('close', (code) => (seen.closed = code));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as {
      type: string;
      payload?: { data: { incidentChanged: { cursor: string } } };
    };
    if (message.type === 'next') seen.changes.push(message.payload!.data.incidentChanged.cursor);
    if (message.type !== 'connection_ack') return;
    const query = `subscription { incidentChanged(after: "${after}") { cursor incident { title } } }`;
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  });
  socket.send(JSON.stringify({ type: 'connection_init', payload: { Authorization: `Bearer ${gateway.adminToken}` } }));
  return seen;
}
