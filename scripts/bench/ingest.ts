import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProduct } from '../../libs/testkit/src/product.js';
import { Api } from '../demo/api.js';
import { Random } from '../demo/random.js';
import { processCpuSeconds, treeCpuSeconds } from './process-cpu.js';

const DEVICES = 20;
const EVENTS_A_BATCH = 500;
const BATCHES_A_DEVICE = 20;
const ROUNDS = 3;
const FLOOR_BATCHES = 400;
const DRAIN_TIMEOUT_MS = 120_000;

/** What one round measured. Rates are events per CPU-second. */
interface Round {
  readonly events: number;
  /** Server process and Postgres together, from the first batch until the roll-ups hold every event. */
  readonly cpuSeconds: number;
  readonly eventsPerCpuSecond: number;
  /** Wall-clock seconds from the first batch until the roll-ups hold every event. */
  readonly wallSeconds: number;
  readonly floorEventsPerCpuSecond: number;
  readonly ratioToFloor: number;
}

/**
 * Events accepted, made durable and rolled up per CPU-second of all server processes, Postgres included; beside a bare
 * node:http server that unpacks and parses the same bodies and keeps nothing.
 */
export async function run(): Promise<{ name: string; unit: string; rounds: Round[]; median: Round }> {
  const product = await startProduct({ catalog: 'whole' });
  try {
    const api = new Api(product.url, product.adminToken);
    const hosts = await catalogHosts(api);
    const credentials = await Promise.all(
      Array.from({ length: DEVICES }, (_, index) => enrol(product.url, product.enrolmentSecret, index)),
    );
    const rounds: Round[] = [];
    let sent = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const bodies = credentials.map((_, device) =>
        Array.from({ length: BATCHES_A_DEVICE }, (_each, index) =>
          body(device, round * BATCHES_A_DEVICE + index + 1, hosts),
        ),
      );
      const floor = await measureFloor(bodies.flat());
      const events = DEVICES * BATCHES_A_DEVICE * EVENTS_A_BATCH;
      const cpuBefore = treeCpuSeconds(product.process.pid!);
      const startedAt = performance.now();
      await Promise.all(credentials.map((credential, device) => sendAll(product.url, credential, bodies[device]!)));
      sent += events;
      await untilRolledUp(api, sent);
      const cpuSeconds = treeCpuSeconds(product.process.pid!) - cpuBefore;
      rounds.push({
        events,
        cpuSeconds,
        eventsPerCpuSecond: Math.round(events / cpuSeconds),
        wallSeconds: (performance.now() - startedAt) / 1000,
        floorEventsPerCpuSecond: floor,
        ratioToFloor: events / cpuSeconds / floor,
      });
      process.stderr.write(
        `round ${round + 1} of ${ROUNDS}: ${rounds.at(-1)!.eventsPerCpuSecond} events per CPU-second\n`,
      );
    }
    const byRate = [...rounds].sort((a, b) => a.eventsPerCpuSecond - b.eventsPerCpuSecond);
    return { name: 'ingest', unit: 'events per CPU-second', rounds, median: byRate[Math.floor(byRate.length / 2)]! };
  } finally {
    await product.stop();
  }
}

async function catalogHosts(api: Api): Promise<string[]> {
  const apps = await api.all<{ rules: { kind: string; value: string }[] }>('apps', 'rules { kind value }');
  const hosts = apps.flatMap((app) =>
    app.rules.filter((rule) => rule.kind === 'DOMAIN' || rule.kind === 'HOST').map((rule) => rule.value),
  );
  return [...hosts.slice(0, 150), 'intranet.example.net', 'wiki.example.net'];
}

async function enrol(url: string, secret: string, index: number): Promise<string> {
  const answer = await fetch(`${url}/v1/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ secret, name: `bench-${index}`, os: 'Linux', agentVersion: '1.0.0' }),
  });
  if (!answer.ok) throw new Error(`Enrolment answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { credential: string }).credential;
}

function body(device: number, sequence: number, hosts: readonly string[]): Buffer {
  const random = new Random(device * 10_007 + sequence);
  const time = new Date().toISOString();
  const events = Array.from({ length: EVENTS_A_BATCH }, () => ({
    time,
    kind: 'network',
    host: random.pickPopular(hosts),
    user: `user-${device}@example.com`,
    sourceIp: `10.1.0.${device}`,
    bytesUp: random.between(100, 9_000),
    bytesDown: random.between(1_000, 90_000),
    action: 'allowed',
  }));
  return gzipSync(JSON.stringify({ sequence, events }));
}

async function sendAll(url: string, credential: string, bodies: readonly Buffer[]): Promise<void> {
  for (const each of bodies) {
    for (;;) {
      const answer = await fetch(`${url}/v1/telemetry`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'Content-Encoding': 'gzip',
          Authorization: `Bearer ${credential}`,
        },
        body: new Uint8Array(each),
      });
      await answer.arrayBuffer();
      if (answer.ok) break;
      if (answer.status !== 503) throw new Error(`A batch was answered ${answer.status}.`);
      await sleep(Number(answer.headers.get('Retry-After') ?? 1) * 1000);
    }
  }
}

async function untilRolledUp(api: Api, events: number): Promise<void> {
  const deadline = Date.now() + DRAIN_TIMEOUT_MS;
  for (;;) {
    const apps = await api.all<{ transactions: number }>('discoveredApps', 'transactions');
    const hosts = await api.all<{ transactions: number }>('unclaimedHosts', 'transactions');
    const counted = [...apps, ...hosts].reduce((sum, each) => sum + each.transactions, 0);
    if (counted === events) return;
    if (counted > events) throw new Error(`${counted} transactions were counted of ${events} sent.`);
    if (Date.now() > deadline) throw new Error(`Only ${counted} of ${events} transactions were counted in time.`);
    await sleep(250);
  }
}

async function measureFloor(bodies: readonly Buffer[]): Promise<number> {
  const server = fork(fileURLToPath(new URL('./ingest-floor.js', import.meta.url)), { stdio: 'inherit' });
  try {
    const [port] = (await once(server, 'message')) as [number];
    return await floorRate(server, `http://127.0.0.1:${port}`, bodies);
  } finally {
    server.kill();
  }
}

async function floorRate(server: ChildProcess, url: string, bodies: readonly Buffer[]): Promise<number> {
  const before = processCpuSeconds(server.pid!);
  for (let sent = 0; sent < FLOOR_BATCHES; sent += DEVICES) {
    await Promise.all(
      Array.from({ length: DEVICES }, async (_, index) => {
        const answer = await fetch(url, {
          method: 'POST',
          body: new Uint8Array(bodies[(sent + index) % bodies.length]!),
        });
        await answer.arrayBuffer();
      }),
    );
  }
  return Math.round((FLOOR_BATCHES * EVENTS_A_BATCH) / (processCpuSeconds(server.pid!) - before));
}
