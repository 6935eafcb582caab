import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#testkit';
import { startProduct } from '../../../libs/testkit/src/product.js';
import { Api } from '../../../scripts/demo/api.js';

const DEVICES = 4;
const BATCHES = 40;
const EVENTS = 50;
const HOSTS = ['chatgpt.com', 'claude.ai', 'dropbox.com', 'slack.com', 'intranet.example.net'];
const LOG_LINES = 6_000;

/** What was sent, counted by hand: transactions and bytes per host. */
class Truth {
  readonly transactions = new Map<string, number>();
  readonly bytesUp = new Map<string, number>();

  add(host: string, bytesUp: number): void {
    this.transactions.set(host, (this.transactions.get(host) ?? 0) + 1);
    this.bytesUp.set(host, (this.bytesUp.get(host) ?? 0) + bytesUp);
  }
}

describe('kill -9 in the middle of ingestion', () => {
  let directory: string;
  let product: Awaited<ReturnType<typeof startProduct>>;
  let token: string;
  beforeAll(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-kill-'));
    product = await startProduct({ directory });
    token = product.adminToken;
  });
  afterAll(async () => {
    await (product as typeof product | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function killAndRestart(): Promise<void> {
    const ended = once(product.process, 'exit');
    product.process.kill('SIGKILL');
    await ended;
    product = await startProduct({ directory });
  }

  /** Sends one batch until it is acknowledged, whatever dies meanwhile. */
  async function deliver(credential: string, body: unknown): Promise<void> {
    await eventually(
      async () => {
        const answer = await fetch(`${product.url}/v1/telemetry`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${credential}` },
          body: JSON.stringify(body),
        });
        expect(answer.status).toBe(200);
        await answer.json();
      },
      { timeoutMs: 60_000 },
    );
  }

  async function enrol(index: number): Promise<string> {
    const answer = await fetch(`${product.url}/v1/enrol`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        secret: product.enrolmentSecret,
        name: `laptop-${index}`,
        os: 'Ubuntu 24.04',
        agentVersion: '1.0.0',
      }),
    });
    return ((await answer.json()) as { credential: string }).credential;
  }

  function batchOf(device: number, sequence: number, truth: Truth): unknown {
    const events = Array.from({ length: EVENTS }, (_, index) => {
      const host = HOSTS[(device + sequence * 3 + index) % HOSTS.length]!;
      truth.add(host, index);
      return {
        time: new Date().toISOString(),
        kind: 'network',
        host,
        user: `user-${device}`,
        bytesUp: index,
        bytesDown: 1,
      };
    });
    return { sequence, events };
  }

  it('counts every acknowledged transaction once, after resending', async () => {
    const truth = new Truth();
    const credentials = await Promise.all(Array.from({ length: DEVICES }, (_, index) => enrol(index)));
    const devices = credentials.map((credential, device) => ({
      credential,
      batches: Array.from({ length: BATCHES }, (_, index) => batchOf(device, index + 1, truth)),
    }));
    const logLines = Array.from({ length: LOG_LINES }, (_, index) => {
      const host = HOSTS[index % HOSTS.length]!;
      truth.add(host, 0);
      return `${(Date.now() / 1000).toFixed(3)} 10 10.9.0.${index % 200} TCP_TUNNEL/200 0 CONNECT ${host}:443 - HIER_DIRECT/198.51.100.7 -`;
    });
    const uploadOnce = (): Promise<Response> =>
      fetch(`${product.url}/v1/logs?name=proxy.log&id=kill-test`, {
        method: 'POST',
        headers: { 'Content-Type': 'text/plain', Authorization: `Bearer ${token}` },
        body: `${logLines.join('\n')}\n`,
      });

    const sending = Promise.all([
      ...devices.map(async ({ credential, batches }) => {
        for (const batch of batches) await deliver(credential, batch);
      }),
      eventually(async () => expect((await uploadOnce()).status).toBe(200), { timeoutMs: 60_000 }),
    ]);
    for (const wait of [150, 400, 250]) {
      await sleep(wait);
      await killAndRestart();
    }
    await sending;
    // An agent that lost the answer sends again what was already counted.
    await Promise.all(devices.map(({ credential, batches }) => deliver(credential, batches.at(-1))));
    expect((await uploadOnce()).status).toBe(200);
    await killAndRestart();

    const api = new Api(product.url, token);
    const expected = [...truth.transactions.values()].reduce((sum, count) => sum + count, 0);
    await eventually(
      async () => {
        const rows = await usage(api);
        expect(rows.reduce((sum, row) => sum + row.transactions, 0)).toBe(expected);
      },
      { timeoutMs: 60_000 },
    );
    const rows = await usage(api);
    const hosts = await appHosts(api);
    for (const host of HOSTS) {
      const row = rows.find((each) => each.key === (hosts.get(host) ?? host));
      expect({ host, transactions: row?.transactions, bytesUp: row?.bytesUp }).toEqual({
        host,
        transactions: truth.transactions.get(host),
        bytesUp: truth.bytesUp.get(host),
      });
    }
  });
});

async function usage(api: Api): Promise<{ key: string; transactions: number; bytesUp: number }[]> {
  const apps = await api.all<{ key: string; transactions: number; bytesUp: number }>(
    'discoveredApps',
    'key: appId transactions bytesUp',
  );
  const unclaimed = await api.all<{ key: string; transactions: number; bytesUp: number }>(
    'unclaimedHosts',
    'key: host transactions bytesUp',
  );
  return [...apps, ...unclaimed];
}

/** Which app the catalog says each host belongs to. */
async function appHosts(api: Api): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const host of HOSTS) {
    const apps = await api.all<{ id: string }>('apps', 'id', `filter: { search: "${host}" },`);
    if (apps[0]) found.set(host, apps[0].id);
  }
  return found;
}
