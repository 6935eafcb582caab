import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Api, type Connection } from '../demo/api.js';
import { Random } from '../demo/random.js';

export interface LoadOptions {
  readonly url: string;
  readonly adminToken: string;
  readonly enrolmentSecret: string;
  readonly devices: number;
  readonly eventsPerBatch: number;
}

const RETRY_MS = 100;
const VARIANTS = 64;
const REQUEST_TIMEOUT_MS = 30_000;

/**
 * Devices that send one numbered batch after the other. One that is not acknowledged is sent again under its number: what
 * was acknowledged must be counted, and counted once.
 */
export class DeviceLoad {
  /** Events whose batches were acknowledged. */
  acknowledged = 0;
  /** Batches that had to be sent again. */
  repeated = 0;
  private running: Promise<void>[] = [];
  private stopping = false;

  private constructor(
    private readonly options: LoadOptions,
    private readonly api: Api,
    private readonly events: readonly string[],
    private readonly credentials: readonly string[],
  ) {}

  static async enrol(options: LoadOptions): Promise<DeviceLoad> {
    const api = new Api(options.url, options.adminToken);
    const numbers = Array.from({ length: options.devices }, (_, index) => index);
    const credentials = await Promise.all(numbers.map((number) => enrol(options, number)));
    const hosts = await hostsOf(api);
    const events = Array.from({ length: VARIANTS }, (_, index) => makeEvents(index, options.eventsPerBatch, hosts));
    return new DeviceLoad(options, api, events, credentials);
  }

  start(): void {
    this.stopping = false;
    this.running = this.credentials.map((credential, device) => this.send(device, credential));
  }

  /** Every device finishes the batch it is at. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.running);
  }

  /** Events that the roll-ups hold. */
  async counted(): Promise<number> {
    const apps = await this.api.all<{ transactions: number }>('discoveredApps', 'transactions');
    const hosts = await this.api.all<{ transactions: number }>('unclaimedHosts', 'transactions');
    return [...apps, ...hosts].reduce((sum, each) => sum + each.transactions, 0);
  }

  /** Waits until the roll-ups hold what was acknowledged. @throws Error where they hold more, or not all in time */
  async drained(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const counted = await this.counted();
      if (counted === this.acknowledged) return;
      if (counted > this.acknowledged)
        throw new Error(`${counted} transactions were counted of ${this.acknowledged} acknowledged.`);
      if (Date.now() > deadline)
        throw new Error(`Only ${counted} of ${this.acknowledged} transactions were counted in ${timeoutMs / 1000} s.`);
      await sleep(100);
    }
  }

  private async send(device: number, credential: string): Promise<void> {
    for (let sequence = 1; !this.stopping; sequence++) {
      const body = this.body(device, sequence);
      while (!(await this.deliver(credential, body))) {
        this.repeated += 1;
        await sleep(RETRY_MS);
      }
      this.acknowledged += this.options.eventsPerBatch;
    }
  }

  private async deliver(credential: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const answer = await fetch(`${this.options.url}/v1/telemetry`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Content-Encoding': 'gzip',
        Authorization: `Bearer ${credential}`,
      },
      body,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).catch(() => undefined);
    const text = await answer?.text().catch(() => undefined);
    if (answer?.ok && text !== undefined) return true;
    if (answer && answer.status < 500) throw new Error(`A batch was answered ${answer.status}: ${text ?? ''}`);
    return false;
  }

  private body(device: number, sequence: number): Uint8Array<ArrayBuffer> {
    const events = this.events[(device + sequence) % this.events.length]!;
    return new Uint8Array(gzipSync(`{"sequence":${sequence},"events":${events}}`, { level: 1 }));
  }
}

/** What a batch holds, as JSON. Made beforehand: the load shares the machine with what it loads. */
function makeEvents(variant: number, count: number, hosts: readonly string[]): string {
  const random = new Random(variant * 10_007);
  const time = new Date().toISOString();
  const events = Array.from({ length: count }, () => ({
    time,
    kind: 'network',
    host: random.pickPopular(hosts),
    user: `user-${random.between(0, 200)}@example.com`,
    sourceIp: `10.1.0.${random.between(1, 250)}`,
    bytesUp: random.between(100, 9_000),
    bytesDown: random.between(1_000, 90_000),
    action: 'allowed',
  }));
  return JSON.stringify(events);
}

/** Hosts of the first apps of the catalog, and two of nobody. */
async function hostsOf(api: Api): Promise<string[]> {
  const { apps } = await api.query<{ apps: Connection<{ rules: { kind: string; value: string }[] }> }>(
    '{ apps(first: 100) { edges { node { rules { kind value } } } pageInfo { hasNextPage endCursor } totalCount } }',
  );
  const hosts = apps.edges.flatMap(({ node }) =>
    node.rules.filter((rule) => rule.kind === 'DOMAIN' || rule.kind === 'HOST').map((rule) => rule.value),
  );
  return [...hosts.slice(0, 150), 'intranet.example.net', 'wiki.example.net'];
}

async function enrol({ url, enrolmentSecret }: LoadOptions, number: number): Promise<string> {
  const answer = await fetch(`${url}/v1/enrol`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ secret: enrolmentSecret, name: `load-${number}`, os: 'Linux', agentVersion: '1.0.0' }),
  });
  if (!answer.ok) throw new Error(`Enrolment answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { credential: string }).credential;
}
