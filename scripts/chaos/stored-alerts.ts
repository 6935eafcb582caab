import { note } from './accounting.js';
import type { World } from './world.js';

interface StoredAlert {
  readonly id: string;
  readonly kind: string;
  readonly occurrences: number;
  readonly incidentId: string;
  readonly incident: { readonly id: string; readonly status: string } | null;
  readonly entities: readonly { readonly kind: string; readonly id: string }[];
}

interface StoredIncident {
  readonly id: string;
  readonly status: string;
  readonly alertCount: number;
}

export interface AlertFindings {
  readonly alerts: number;
  readonly incidents: number;
  /** Alerts that are not in exactly one incident that is open, and incidents that count other alerts than they hold. */
  readonly alertsWithoutIncident: number;
  /** Blocked attempts that were acknowledged, and that no alert counts or that are counted twice. */
  readonly miscountedAttempts: number;
  readonly details: string[];
}

const ALERT = 'id kind occurrences incidentId incident { id status } entities { kind id }';

/** How often each user was blocked from the app that is blocked all the time, as its alerts count it. */
export async function blockedAttemptsByUser({ api, banned }: World): Promise<Map<string, number>> {
  const filter = `filter: { kinds: [BLOCKED_ATTEMPT], appId: "${banned.id}" },`;
  const attempts = new Map<string, number>();
  for (const { occurrences, entities } of await api.all<StoredAlert>('alerts', ALERT, filter)) {
    const user = entities.find(({ kind }) => kind === 'USER')?.id ?? '';
    attempts.set(user, (attempts.get(user) ?? 0) + Number(occurrences));
  }
  return attempts;
}

/** Whether every alert is in exactly one incident, seen from both sides, and all blocked attempts became alerts once. */
export async function checkAlerts(
  world: World,
  expected: ReadonlyMap<string, number>,
  baseline: ReadonlyMap<string, number>,
): Promise<AlertFindings> {
  const { api } = world;
  const details: string[] = [];
  const alerts = await api.all<StoredAlert>('alerts', ALERT);
  const incidents = await api.all<StoredIncident>('incidents', 'id status alertCount');
  const homes = new Map<string, string[]>();
  let without = 0;
  for (const incident of incidents) {
    const held = await api.all<{ id: string }>('alerts', 'id', `filter: { incidentId: "${incident.id}" },`);
    for (const { id } of held) homes.set(id, [...(homes.get(id) ?? []), incident.id]);
    if (held.length === incident.alertCount) continue;
    without += 1;
    note(details, `incident ${incident.id} counts ${incident.alertCount} alerts and holds ${held.length}`);
  }
  for (const { id, incidentId, incident } of alerts) {
    const home = homes.get(id) ?? [];
    if (home.length === 1 && home[0] === incidentId && incident?.id === incidentId && incident.status !== 'REDIRECTED')
      continue;
    without += 1;
    note(details, `alert ${id} says ${incidentId} (${incident?.status ?? 'missing'}); held by [${home.join()}]`);
  }
  let miscounted = 0;
  const found = await blockedAttemptsByUser(world);
  for (const user of new Set([...expected.keys(), ...found.keys()])) {
    const counted = (found.get(user) ?? 0) - (baseline.get(user) ?? 0);
    const difference = Math.abs(counted - (expected.get(user) ?? 0));
    if (difference === 0) continue;
    miscounted += difference;
    note(details, `${user} was blocked ${expected.get(user) ?? 0} times; alerts count ${counted}`);
  }
  return {
    alerts: alerts.length,
    incidents: incidents.length,
    alertsWithoutIncident: without,
    miscountedAttempts: miscounted,
    details,
  };
}
