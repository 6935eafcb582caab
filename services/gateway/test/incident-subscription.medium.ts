import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { Severity } from '#contracts';
import { newId } from '#kernel';
import { systemContext } from '#rpc';
import { eventually } from '#testkit';
import { Identity } from '../src/identity.service.js';
import { cursorOf, gatewayApp, type GatewayApp, type GraphqlError } from './gateway-app.js';
import { Correlator } from './neighbours.js';

interface Change {
  readonly cursor: string;
  readonly incident: { readonly id: string; readonly severity: string; readonly version: number };
}

const DOCUMENT = `subscription($after: String, $severities: [Severity!]) {
  incidentChanged(after: $after, severities: $severities) { cursor changes incident { id title severity version assignee } }
}`;

describe('incidentChanged', () => {
  let gateway: GatewayApp;
  let correlator: Correlator;
  const clients: Client[] = [];

  beforeAll(async () => {
    gateway = await gatewayApp();
    correlator = gateway.test.get(Correlator);
  });
  afterAll(() => gateway?.test.close());
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.dispose();
  });

  function subscribe(variables: Record<string, unknown> = {}, { token = gateway.adminToken, query = DOCUMENT } = {}) {
    const seen = {
      changes: [] as Change[],
      errors: [] as GraphqlError[],
      closed: undefined as number | undefined,
      over: false,
    };
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: token === '' ? {} : { Authorization: `Bearer ${token}` },
      retryAttempts: 0,
      on: { closed: (event) => (seen.closed = (event as { code: number }).code) },
    });
    clients.push(client);
    const unsubscribe = client.subscribe<{ incidentChanged: Change }>(
      { query, variables },
      {
        next: ({ data, errors }) => {
          if (data) seen.changes.push(data.incidentChanged);
          seen.errors.push(...((errors ?? []) as unknown as GraphqlError[]));
        },
        error: (errors) => {
          seen.over = true;
          if (Array.isArray(errors)) seen.errors.push(...(errors as unknown as GraphqlError[]));
        },
        complete: () => (seen.over = true),
      },
    );
    return Object.assign(seen, { unsubscribe, client });
  }

  async function cursorNow(): Promise<string> {
    return cursorOf(gateway);
  }

  it('tells every change of the own organisation, as it is left by the change', async () => {
    const after = await cursorNow();
    const seen = subscribe({ after });
    const id = newId();
    await correlator.change(gateway.tenantId, id, { version: 1n });
    await correlator.change(newId(), newId());
    await correlator.change(gateway.tenantId, id, { version: 2n });
    await eventually(async () => expect(seen.changes).toHaveLength(2));
    expect(seen.changes[0]).toMatchObject({
      changes: ['CREATED'],
      incident: { id, severity: 'HIGH', version: 1, assignee: null },
    });
    expect(seen.changes[1]).toMatchObject({ incident: { version: 2 } });
  });

  it('without a cursor, tells what happens from now on', async () => {
    await correlator.change(gateway.tenantId, newId());
    const seen = subscribe();
    const id = newId();
    await eventually(async () => {
      await correlator.change(gateway.tenantId, id);
      expect(seen.changes.length).toBeGreaterThan(0);
    });
    expect(new Set(seen.changes.map((change) => change.incident.id))).toEqual(new Set([id]));
  });

  it('goes on from any cursor without loss or repeats', async () => {
    const start = await cursorNow();
    const expected: string[] = [];
    for (let version = 1n; version <= 40n; version++) {
      const id = newId();
      expected.push(`${id}/1`, `${id}/2`);
      await correlator.change(gateway.tenantId, id, { version: 1n });
      await correlator.change(newId(), newId());
      await correlator.change(gateway.tenantId, id, { version: 2n });
    }
    const key = (change: Change): string => `${change.incident.id}/${change.incident.version}`;
    const got: string[] = [];
    let after = start;
    // Broken off again and again, each time in the middle of what was there.
    for (let round = 0; round < 200 && got.length < expected.length; round++) {
      const seen = subscribe({ after });
      await eventually(async () => expect(seen.changes.length).toBeGreaterThan(0));
      seen.unsubscribe();
      await seen.client.dispose();
      const taken = seen.changes.slice(0, 7);
      got.push(...taken.map(key));
      after = taken.at(-1)!.cursor;
    }
    expect(got).toHaveLength(expected.length);
    expect(new Set(got)).toEqual(new Set(expected));
    for (const id of new Set(got.map((each) => each.split('/')[0]))) {
      expect(got.filter((each) => each.startsWith(`${id}/`))).toEqual([`${id}/1`, `${id}/2`]);
    }
  });

  it('tells only the severities that were asked for', async () => {
    const seen = subscribe({ after: await cursorNow(), severities: ['LOW', 'MEDIUM'] });
    await correlator.change(gateway.tenantId, 'high', { severity: Severity.HIGH });
    await correlator.change(gateway.tenantId, 'low', { severity: Severity.LOW });
    await eventually(async () => expect(seen.changes.map((change) => change.incident.id)).toEqual(['low']));
  });

  it.each(['x', '', 'WzEse31d', 'bm90IGpzb24', Buffer.from('[1,{"incident":"999,0,0,0"}]').toString('base64url')])(
    'says that %p is not a cursor',
    async (after) => {
      const seen = subscribe({ after });
      await eventually(async () => expect(seen.over || seen.errors.length > 0).toBe(true));
      expect(seen.errors[0]!.extensions).toEqual({
        code: 'BAD_USER_INPUT',
        detail: 'incident.cursor-invalid',
        field: 'after',
      });
      expect(seen.changes).toEqual([]);
    },
  );

  it('says that a cursor has expired', async () => {
    const after = await cursorNow();
    await correlator.change(gateway.tenantId, newId());
    await correlator.age(24 * 400);
    for (let n = 0; n < 20; n++) await correlator.change(gateway.tenantId, newId());
    const seen = subscribe({ after });
    await eventually(async () => expect(seen.errors).not.toEqual([]));
    expect(seen.errors[0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', detail: 'incident.cursor-expired' });
  });

  it('takes no connection without a valid token', async () => {
    for (const token of ['', 'x', `${gateway.adminToken}x`]) {
      const seen = subscribe({}, { token });
      await eventually(async () => expect(seen.closed).toBe(4403));
      expect(seen.changes).toEqual([]);
    }
  });

  it('closes the connection when the token is revoked', async () => {
    const token = await gateway.tokenOf(['integration']);
    const seen = subscribe({}, { token });
    await eventually(async () => {
      await correlator.change(gateway.tenantId, newId());
      expect(seen.changes.length).toBeGreaterThan(0);
    });
    await gateway.test.get(Identity).revokeToken(token.slice(4, 40), systemContext(gateway.tenantId, 'test'));
    await eventually(async () => expect(seen.closed).toBe(4403), { timeoutMs: 15_000 });
  });

  it('serves subscriptions only, within the limits of the API', async () => {
    const deep =
      'subscription { incidentChanged { incident { redirectIncident { redirectIncident { redirectIncident { redirectIncident { redirectIncident { redirectIncident { redirectIncident { redirectIncident { id } } } } } } } } } } }';
    const aliases = `subscription { incidentChanged { incident { ${Array.from({ length: 20 }, (_, n) => `a${n}: id`).join(' ')} } } }`;
    const costly =
      'subscription { incidentChanged { incident { alerts(first: 100) { edges { node { incident { alerts(first: 100) { edges { node { id title kind severity occurrences } } } } } } } } } }';
    const refused: [string, string][] = [
      ['{ me { id } }', 'BAD_USER_INPUT'],
      ['mutation { revokeApiToken(id: "x") { __typename } }', 'BAD_USER_INPUT'],
      ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['subscription {', 'GRAPHQL_PARSE_FAILED'],
      [`subscription { incidentChanged { ${'cursor '.repeat(2000)} } }`, 'GRAPHQL_PARSE_FAILED'],
      [deep, 'GRAPHQL_VALIDATION_FAILED'],
      [aliases, 'GRAPHQL_VALIDATION_FAILED'],
      [costly, 'TOO_LARGE'],
    ];
    for (const [query, code] of refused) {
      const seen = subscribe({}, { query });
      await eventually(async () => expect(seen.errors).not.toEqual([]));
      expect([query, seen.errors[0]!.extensions['code'] ?? seen.errors[0]]).toEqual([query, code]);
    }
  });

  it('leaves nothing behind', async () => {
    await eventually(async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(metrics).toContain('gnomon_gateway_subscriptions 0');
    });
  });

  it('answers an upgrade elsewhere, and garbage, without falling', async () => {
    const elsewhere = new WebSocket(`${gateway.url.replace('http', 'ws')}/elsewhere`);
    await expect(new Promise((_resolve, reject) => elsewhere.once('error', reject))).rejects.toThrow('404');
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(Buffer.from([0xff, 0x00, 0x7b]));
    expect(await closed).toBe(4400);
    expect((await gateway.graphql('{ me { id } }')).status).toBe(200);
  });
});
