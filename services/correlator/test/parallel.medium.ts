import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AccessOutcome, IncidentChangeKind, IncidentChangedSchema, IncidentStatus } from '#contracts';
import { isDomainError, newId } from '#kernel';
import type { Sighting } from '../src/domain/sighting.js';
import { CorrelatorWorld } from './correlator-world.js';
import { access, minutesAfterNoon, policyMatch } from './sightings.js';

let world: CorrelatorWorld;

beforeAll(async () => {
  world = await CorrelatorWorld.open();
});
afterAll(() => world.close());

const sightingArb: fc.Arbitrary<Sighting> = fc.oneof(
  fc
    .record({
      appId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      user: fc.constantFrom('', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6'),
      deviceId: fc.constantFrom('', 'd1', 'd2', 'd3', 'd4', 'd5', 'd6'),
      outcome: fc.constantFrom(AccessOutcome.BLOCKED, AccessOutcome.ALLOWED),
      minute: fc.nat({ max: 6_000 }),
      count: fc.bigInt({ min: 1n, max: 2n }),
    })
    .map((parts) => access(parts)),
  fc
    .record({ appId: fc.constantFrom('a', 'b', 'c'), minute: fc.nat({ max: 6_000 }) })
    .map(({ appId, minute }) => policyMatch({ appId, appName: appId, at: minutesAfterNoon(minute) })),
);

describe('batches that arrive at once', () => {
  it('put every alert into exactly one incident, and no attempt is lost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(sightingArb, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 10 }),
        async (batches) => {
          const tenant = `tenant-${newId()}`;
          const meddle = async () => {
            for (const { id } of await world.incidents(tenant)) {
              await world.update(tenant, { id, status: IncidentStatus.IN_PROGRESS }).catch((error: unknown) => {
                if (!isDomainError(error)) throw error;
              });
            }
          };
          await Promise.all([...batches.map((batch) => world.see(tenant, ...batch)), meddle()]);
          await expectSound(tenant, batches.flat());
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);
});

async function expectSound(tenant: string, sightings: readonly Sighting[]): Promise<void> {
  const all = { statuses: [1, 2, 3, 4] as IncidentStatus[] };
  const incidents = new Map((await world.incidents(tenant, all)).map((incident) => [incident.id, incident]));
  const alerts = await world.database.query<{ incident_id: string; kind: number; occurrences: string }>(
    'SELECT incident_id, kind, occurrences FROM alert WHERE tenant_id = $1',
    [tenant],
  );
  for (const incident of incidents.values()) {
    const held = alerts.filter(({ incident_id }) => incident_id === incident.id);
    expect(incident.alertCount).toBe(held.length);
    if (incident.status === IncidentStatus.REDIRECTED) {
      expect(held).toEqual([]);
      expect(incidents.get(incident.redirectIncidentId)?.status).not.toBe(IncidentStatus.REDIRECTED);
    } else {
      expect(held.length).toBeGreaterThan(0);
    }
  }
  for (const alert of alerts) expect(incidents.has(alert.incident_id)).toBe(true);

  const count = (kind: number) =>
    alerts.filter((alert) => alert.kind === kind).reduce((sum, alert) => sum + BigInt(alert.occurrences), 0n);
  const seen = (outcome: AccessOutcome) =>
    sightings.reduce((sum, s) => (s.type === 'access' && s.outcome === outcome ? sum + s.count : sum), 0n);
  expect(count(2)).toBe(seen(AccessOutcome.BLOCKED));
  expect(count(3)).toBe(seen(AccessOutcome.ALLOWED));
  expect(count(1)).toBe(BigInt(sightings.filter(({ type }) => type === 'policy-match').length));

  // Whoever only listened knows every incident, the last of its versions last, and none was skipped.
  const told = new Map<string, bigint>();
  for (const { incidentId, incident, changes } of world.drain(IncidentChangedSchema, tenant)) {
    expect(incident?.version).toBe((told.get(incidentId) ?? 0n) + 1n);
    if (incident?.version === 1n) expect(changes).toContain(IncidentChangeKind.CREATED);
    told.set(incidentId, incident!.version);
  }
  for (const { id, version } of incidents.values()) expect(told.get(id)).toBe(version);
}
