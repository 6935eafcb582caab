import { keyOf, type Sums } from './accounting.js';
import type { World } from './world.js';

interface UsageOfEntity extends Sums {
  readonly entity: string;
}

const SUMS = 'transactions bytesUp bytesDown blocked';
const USAGE = `query($id: ID!) { app(id: $id) { usage(days: 180, top: 100) {
  days { ${SUMS} } topDevices { entity ${SUMS} } topUsers { entity ${SUMS} } } } }`;

/** Everything that was counted, as the API tells it, under the keys of the accounts. */
export async function readUsage({ api }: World): Promise<Map<string, Sums>> {
  const rows = new Map<string, Sums>();
  const apps = await api.all<{ appId: string }>('discoveredApps', 'appId');
  for (const { appId } of apps) {
    const { app } = await api.query<{
      app: { usage: { days: Sums[]; topDevices: UsageOfEntity[]; topUsers: UsageOfEntity[] } | null } | null;
    }>(USAGE, { id: appId });
    if (!app?.usage) continue;
    rows.set(keyOf('app', appId), app.usage.days.reduce(plus, zero()));
    for (const each of app.usage.topDevices) rows.set(keyOf('device', appId, each.entity), plus(each, zero()));
    for (const each of app.usage.topUsers) rows.set(keyOf('user', appId, each.entity), plus(each, zero()));
  }
  const hosts = await api.all<Sums & { host: string }>('unclaimedHosts', 'host transactions bytesUp bytesDown');
  for (const { host, ...sums } of hosts) rows.set(keyOf('host', host), plus({ ...sums, blocked: 0 }, zero()));
  return rows;
}

/** What came on top of what was there before. */
export function since(baseline: ReadonlyMap<string, Sums>, now: ReadonlyMap<string, Sums>): Map<string, Sums> {
  const rows = new Map<string, Sums>();
  for (const [key, sums] of now) {
    const before = baseline.get(key) ?? zero();
    const more = {
      transactions: sums.transactions - before.transactions,
      bytesUp: sums.bytesUp - before.bytesUp,
      bytesDown: sums.bytesDown - before.bytesDown,
      blocked: sums.blocked - before.blocked,
    };
    if (Object.values(more).some((value) => value !== 0)) rows.set(key, more);
  }
  return rows;
}

function plus(a: Sums, b: Sums): Sums {
  return {
    transactions: Number(a.transactions) + b.transactions,
    bytesUp: Number(a.bytesUp) + b.bytesUp,
    bytesDown: Number(a.bytesDown) + b.bytesDown,
    blocked: Number(a.blocked) + b.blocked,
  };
}

function zero(): Sums {
  return { transactions: 0, bytesUp: 0, bytesDown: 0, blocked: 0 };
}
