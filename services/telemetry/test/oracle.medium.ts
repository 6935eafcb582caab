import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { DiscoveredAppSortField } from '#contracts';
import { Database } from '#database';
import { newId } from '#kernel';
import { RetentionService } from '../src/retention.service.js';
import { START, World, type TestDevice } from './world.js';

const DAY_MS = 86_400_000;
const DOMAINS = ['chatgpt.com', 'claude.ai', 'gemini.example', 'perplexity.example'];
const HOSTS = [...DOMAINS, 'www.claude.ai', 'wiki.example.org', 'a.b.unknown.example'];

interface SentEvent {
  readonly time: string;
  readonly host: string;
  readonly user: string;
  readonly sourceIp: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly action: string;
}

/** Repeatable numbers below `limit`. */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return (state >> 8) % limit;
  };
}

function eventsOf(seed: number): SentEvent[] {
  const next = numbers(seed);
  return Array.from({ length: 1 + next(120) }, () => ({
    time: new Date(START.getTime() - next(20) * DAY_MS - next(80_000) * 1_000).toISOString(),
    host: HOSTS[next(HOSTS.length)] as string,
    user: next(4) === 0 ? '' : `user-${next(9)}`,
    sourceIp: next(3) === 0 ? '' : `10.0.0.${next(20)}`,
    bytesUp: next(1_000),
    bytesDown: next(100_000),
    action: next(5) === 0 ? 'blocked' : 'allowed',
  }));
}

/** What the product should say, worked out event by event. */
class Oracle {
  private readonly events: (SentEvent & { device: string; app: string })[] = [];

  add(device: string, events: readonly SentEvent[]): void {
    for (const event of events) {
      const domain = DOMAINS.find((each) => event.host === each || event.host.endsWith(`.${each}`));
      this.events.push({ ...event, device, app: domain ?? `host:${event.host}` });
    }
  }

  app(id: string, since = '') {
    const events = this.events.filter((event) => event.app === id && event.time.slice(0, 10) >= since);
    const distinct = (pick: (event: (typeof events)[number]) => string): number =>
      new Set(events.map(pick).filter(Boolean)).size;
    const sum = (pick: (event: SentEvent) => number): bigint =>
      BigInt(events.reduce((total, event) => total + pick(event), 0));
    const times = this.events
      .filter((event) => event.app === id)
      .map((event) => event.time)
      .sort();
    return {
      transactions: BigInt(events.length),
      users: distinct((event) => event.user),
      devices: distinct((event) => event.device),
      ipAddresses: distinct((event) => event.sourceIp),
      bytesUp: sum((event) => event.bytesUp),
      bytesDown: sum((event) => event.bytesDown),
      blocked: BigInt(events.filter((event) => event.action === 'blocked').length),
      firstSeenAt: { seconds: BigInt(Date.parse(times[0] ?? '') / 1000) },
      lastSeenAt: { seconds: BigInt(Date.parse(times.at(-1) ?? '') / 1000) },
    };
  }

  get total(): number {
    return this.events.length;
  }

  get newestDay(): number {
    return Math.max(
      ...this.events
        .filter((event) => !event.app.startsWith('host:'))
        .map((event) => Date.parse(event.time.slice(0, 10))),
    );
  }
}

jest.setTimeout(60_000);

describe('roll-ups', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open();
    for (const domain of DOMAINS) await world.catalogApp('', domain, [domain], { name: domain });
  });
  afterAll(() => world.close());

  async function send(tenant: string, seed: number): Promise<Oracle> {
    const oracle = new Oracle();
    const devices = await Promise.all(Array.from({ length: 8 }, (_, index) => world.device(tenant, `laptop-${index}`)));
    const deliver = async (device: TestDevice, index: number): Promise<void> => {
      const order = numbers(seed + index);
      const batches = Array.from({ length: 12 }, (_, sequence) => eventsOf(seed + index * 100 + sequence));
      for (const events of batches) oracle.add(device.id, events);
      // Out of order, and half of them twice.
      const sequence = batches.map((_, at) => at).flatMap((at) => (order(2) === 0 ? [at, at] : [at]));
      sequence.sort(() => order(3) - 1);
      for (const at of sequence) await world.batch(device, at + 1, batches[at]!);
    };
    await Promise.all(devices.map(deliver));
    return oracle;
  }

  it('equal a naive count, over all days and over some, whatever is repeated and out of order', async () => {
    const [tenant, other] = [newId(), newId()];
    const [oracle, otherOracle] = await Promise.all([send(tenant, 7), send(other, 1_000_003)]);
    await world.counted(tenant, oracle.total);
    await world.counted(other, otherOracle.total);
    for (const [id, truth] of [
      [tenant, oracle],
      [other, otherOracle],
    ] as const) {
      for (const app of await world.apps(id)) expect(app).toMatchObject(truth.app(app.appId));
      for (const host of await world.hosts(id)) {
        expect(host.transactions).toBe(truth.app(`host:${host.host}`).transactions);
      }
      const since = new Date(truth.newestDay - 6 * DAY_MS).toISOString().slice(0, 10);
      const week = await world.rpc.getDiscoveredApps({ appIds: DOMAINS, days: 7 }, world.contextOf(id));
      expect(week.apps.map((app) => app.appId)).toEqual(DOMAINS);
      for (const app of week.apps) {
        const { users, transactions, bytesUp } = truth.app(app.appId, since);
        expect(app).toMatchObject({ users, transactions, bytesUp });
      }
    }
    const usage = await world.rpc.getAppUsage({ appId: 'claude.ai', top: 100 }, world.contextOf(tenant));
    const truth = oracle.app('claude.ai');
    expect(usage.topUsers).toHaveLength(truth.users);
    expect(usage.topDevices.every((device) => /^laptop-\d$/.test(device.name))).toBe(true);
    expect(usage.days.reduce((sum, day) => sum + day.transactions, 0n)).toBe(truth.transactions);
    expect(usage.topIpAddresses.map((each) => each.transactions)).toEqual(
      usage.topIpAddresses.map((each) => each.transactions).sort((a, b) => Number(b - a)),
    );
  });

  it('are paged in any order, each app once', async () => {
    const tenant = newId();
    const oracle = await send(tenant, 99);
    await world.counted(tenant, oracle.total);
    const context = world.contextOf(tenant);
    for (const sort of Object.values(DiscoveredAppSortField).filter((each) => typeof each === 'number')) {
      for (const descending of [false, true]) {
        const seen: string[] = [];
        let after = '';
        for (let page = 0; page < 10; page += 1) {
          const answer = await world.rpc.listDiscoveredApps({ sort, descending, page: { first: 1, after } }, context);
          expect(answer.page?.totalCount).toBe(DOMAINS.length);
          seen.push(...answer.apps.map((app) => app.appId));
          if (!answer.page?.hasNextPage) break;
          after = answer.page.cursors.at(-1)!;
        }
        expect([...seen].sort()).toEqual([...DOMAINS].sort());
      }
    }
    const filtered = await world.rpc.listDiscoveredApps({ filter: { search: 'CLAUDE' }, page: { first: 5 } }, context);
    expect(filtered.apps.map((app) => app.appId)).toEqual(['claude.ai']);
    const none = await world.rpc.listDiscoveredApps({ filter: { maxScore: 10 }, page: { first: 5 } }, context);
    expect(none.apps).toEqual([]);
  });

  it('are removed when nothing was added to them for longer than the retention', async () => {
    const tenant = newId();
    const device = await world.device(tenant);
    await world.batch(device, 1, eventsOf(5));
    const database = world.app.get(Database);
    await world.counted(tenant, eventsOf(5).length);
    const retention = world.app.get(RetentionService);
    await retention.run();
    expect((await world.apps(tenant)).length).toBeGreaterThan(0);
    for (const table of ['usage_daily', 'unclaimed_host']) {
      await database.query(
        `UPDATE telemetry.${table} SET updated_at = now() - interval '400 days' WHERE tenant_id = $1`,
        [tenant],
      );
    }
    world.clock.set(new Date());
    await retention.run();
    world.clock.set(START);
    expect([await world.apps(tenant), await world.hosts(tenant)]).toEqual([[], []]);
  });
});
