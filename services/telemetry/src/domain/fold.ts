import { UsageAction } from '#contracts';
import type { Observation } from './events/observation.js';
import { generativeAiHint } from './hints.js';

/** Whose usage a roll-up row counts. The numbers are stored. */
export const EntityKind = { TOTAL: 0, USER: 1, DEVICE: 2, IP: 3 } as const;
export type EntityKind = (typeof EntityKind)[keyof typeof EntityKind];

/** What was added up. Bytes beyond 2^53 lose precision; only a sensor that lies gets there. */
export interface Usage {
  transactions: number;
  bytesUp: number;
  bytesDown: number;
  blocked: number;
  firstMicros: number;
  lastMicros: number;
}

/** What to add to one roll-up row. */
export interface UsageDelta extends Usage {
  readonly tenantId: string;
  readonly appId: string;
  /** Days since 1970-01-01, UTC: the day on which it happened. */
  readonly day: number;
  readonly kind: EntityKind;
  /** A user name, device id or address; empty for the total. */
  readonly entity: string;
}

/** What to add to the bucket of a host that no app claims. */
export interface UnclaimedDelta extends Usage {
  readonly tenantId: string;
  readonly host: string;
  readonly generativeAiHint: string;
}

interface AppDay {
  readonly total: Usage;
  readonly users: Map<string, Usage>;
  readonly devices: Map<string, Usage>;
  readonly addresses: Map<string, Usage>;
}

const MICROS_PER_DAY = 86_400_000_000;

/** Adds events up in memory, so that one commit writes one row for each thing counted, however many events there were. */
export class UsageFold {
  private readonly apps = new Map<string, Map<string, Map<number, AppDay>>>();
  private readonly hosts = new Map<string, Map<string, Usage>>();

  /** Counts an event of an app. `deviceId` is empty where the source is no device. */
  claimed(tenantId: string, deviceId: string, appId: string, event: Observation): void {
    const day = Math.floor(event.timeMicros / MICROS_PER_DAY);
    const days = obtain(obtain(this.apps, tenantId, mapOf<string, Map<number, AppDay>>), appId, mapOf<number, AppDay>);
    const appDay = obtain(days, day, newAppDay);
    count(appDay.total, event);
    if (event.user !== '') count(obtain(appDay.users, event.user, newUsage), event);
    if (deviceId !== '') count(obtain(appDay.devices, deviceId, newUsage), event);
    if (event.sourceIp !== '') count(obtain(appDay.addresses, event.sourceIp, newUsage), event);
  }

  /** Counts an event whose host no app claims. */
  unclaimed(tenantId: string, event: Observation): void {
    count(obtain(obtain(this.hosts, tenantId, mapOf<string, Usage>), event.host, newUsage), event);
  }

  /** Everything counted, in the order of tenant, app, day, kind and entity: the order in which rows are to be locked. */
  usage(): UsageDelta[] {
    const deltas: UsageDelta[] = [];
    for (const [tenantId, apps] of this.apps) {
      for (const [appId, days] of apps) {
        for (const [day, appDay] of days) {
          const key = { tenantId, appId, day };
          deltas.push({ ...key, kind: EntityKind.TOTAL, entity: '', ...appDay.total });
          for (const [entity, usage] of appDay.users) deltas.push({ ...key, kind: EntityKind.USER, entity, ...usage });
          for (const [entity, usage] of appDay.devices)
            deltas.push({ ...key, kind: EntityKind.DEVICE, entity, ...usage });
          for (const [entity, usage] of appDay.addresses)
            deltas.push({ ...key, kind: EntityKind.IP, entity, ...usage });
        }
      }
    }
    return deltas.sort(
      (a, b) =>
        compare(a.tenantId, b.tenantId) ||
        compare(a.appId, b.appId) ||
        a.day - b.day ||
        a.kind - b.kind ||
        compare(a.entity, b.entity),
    );
  }

  /** The hosts that no app claims, in the order of tenant and host. */
  unclaimedHosts(): UnclaimedDelta[] {
    const deltas: UnclaimedDelta[] = [];
    for (const [tenantId, hosts] of this.hosts) {
      for (const [host, usage] of hosts)
        deltas.push({ tenantId, host, generativeAiHint: generativeAiHint(host), ...usage });
    }
    return deltas.sort((a, b) => compare(a.tenantId, b.tenantId) || compare(a.host, b.host));
  }
}

function count(usage: Usage, event: Observation): void {
  usage.transactions += 1;
  usage.bytesUp += event.bytesUp;
  usage.bytesDown += event.bytesDown;
  if (event.action === UsageAction.BLOCKED) usage.blocked += 1;
  if (event.timeMicros < usage.firstMicros) usage.firstMicros = event.timeMicros;
  if (event.timeMicros > usage.lastMicros) usage.lastMicros = event.timeMicros;
}

function newUsage(): Usage {
  return { transactions: 0, bytesUp: 0, bytesDown: 0, blocked: 0, firstMicros: Infinity, lastMicros: -Infinity };
}

function newAppDay(): AppDay {
  return { total: newUsage(), users: new Map(), devices: new Map(), addresses: new Map() };
}

function mapOf<K, V>(): Map<K, V> {
  return new Map<K, V>();
}

function obtain<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
