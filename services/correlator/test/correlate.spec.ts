import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Classification, Determination, EntityKind, IncidentStatus } from '#contracts';
import { gapMs, type Span } from '../src/domain/alert-draft.js';
import { correlate, inherited, type IncidentFacts } from '../src/domain/correlate.js';
import { entityKey, linkingEntities, type Involved } from '../src/domain/entity.js';
import type { Neighbour } from '../src/domain/neighbour.js';
import { minutesAfterNoon } from './sightings.js';

const RULES = { windowMs: 24 * 3_600_000, maxAlerts: 1_000 };
const alice: Involved = { kind: EntityKind.USER, id: 'alice', name: 'alice@example.com' };
const laptop: Involved = { kind: EntityKind.DEVICE, id: 'd7', name: 'laptop-07' };

function incident(incidentId: string, parts: Partial<IncidentFacts> = {}): IncidentFacts {
  return {
    incidentId,
    title: `Incident ${incidentId}`,
    status: IncidentStatus.ACTIVE,
    assignee: '',
    classification: Classification.UNSPECIFIED,
    determination: Determination.UNSPECIFIED,
    createdAt: minutesAfterNoon(Number(incidentId)),
    lastAt: minutesAfterNoon(Number(incidentId)),
    alertCount: 1,
    ...parts,
  };
}

function neighbour(incidentId: string, minute: number, shared = alice): Neighbour {
  const at = minutesAfterNoon(minute);
  return { incidentId, alertId: `alert-${incidentId}`, alertTitle: 'Blocked attempt', shared, firstAt: at, lastAt: at };
}

const at = (minute: number): Span => ({ firstAt: minutesAfterNoon(minute), lastAt: minutesAfterNoon(minute) });
const known = (...incidents: IncidentFacts[]) => new Map(incidents.map((each) => [each.incidentId, each]));

describe('correlate', () => {
  it('opens an incident where nothing is related, and says so', () => {
    expect(correlate(at(0), [], known(), RULES)).toEqual({
      incidentId: undefined,
      reason: 'Nothing related was seen near it in time.',
      merged: [],
    });
    expect(correlate(at(24 * 60 + 2), [neighbour('1', 1)], known(incident('1')), RULES).incidentId).toBeUndefined();
  });

  it('joins the incident of a neighbour and says what they share and when it was', () => {
    const near = [neighbour('1', 1), neighbour('1', 1, laptop)];
    expect(correlate(at(5), near, known(incident('1')), RULES)).toEqual({
      incidentId: '1',
      reason: 'Same user alice@example.com and device laptop-07 as “Blocked attempt” 4 minutes earlier.',
      merged: [],
    });
  });

  it('merges the incidents an alert links into the oldest', () => {
    const near = [neighbour('1', 1), neighbour('2', 2, laptop), neighbour('3', 3)];
    const placement = correlate(at(3), near, known(incident('1'), incident('2'), incident('3')), RULES);
    expect(placement.incidentId).toBe('1');
    expect(placement.merged.map(({ incidentId }) => incidentId).sort()).toEqual(['2', '3']);
    expect(placement.reason).toBe('Same user alice@example.com as “Blocked attempt” at the same time.');
  });

  it.each<[Partial<IncidentFacts>, Partial<IncidentFacts>, string]>([
    [{ assignee: 'ann' }, { assignee: 'bob' }, 'they are assigned to bob and ann'],
    [
      { classification: Classification.TRUE_POSITIVE },
      { classification: Classification.FALSE_POSITIVE },
      'they are classified false positive and true positive',
    ],
    [{ alertCount: 600 }, { alertCount: 400 }, 'together they would hold more than 1000 alerts'],
  ])('joins the most recent where something keeps them apart, and says what', (first, second, obstacle) => {
    const incidents = known(incident('1', first), incident('2', second));
    const placement = correlate(at(3), [neighbour('1', 1), neighbour('2', 2, laptop)], incidents, RULES);
    expect(placement.incidentId).toBe('2');
    expect(placement.merged).toEqual([]);
    expect(placement.reason).toBe(
      `Same device laptop-07 as “Blocked attempt” 1 minute earlier. Not merged with “Incident 1”: ${obstacle}.`,
    );
  });

  it('merges an incident nobody said anything about into one that somebody works on', () => {
    const owned = incident('2', { assignee: 'ann', status: IncidentStatus.IN_PROGRESS });
    const near = [neighbour('1', 1), neighbour('2', 2)];
    const placement = correlate(at(3), near, known(incident('1'), owned), RULES);
    expect(placement).toMatchObject({ incidentId: '1', merged: [{ incidentId: '2' }] });
    expect(inherited(incident('1'), placement.merged)).toMatchObject({
      assignee: 'ann',
      status: IncidentStatus.IN_PROGRESS,
    });
  });

  it('leaves closed and full incidents alone, and says which one it would have joined', () => {
    const near = [neighbour('1', 1)];
    const closed = correlate(at(1), near, known(incident('1', { status: IncidentStatus.RESOLVED })), RULES);
    expect(closed.incidentId).toBeUndefined();
    expect(closed.reason).toBe(
      'Related to incident “Incident 1”, which was resolved before: same user alice@example.com as “Blocked attempt” at the same time.',
    );
    const full = correlate(at(1), near, known(incident('1', { alertCount: 1_000 })), RULES);
    expect(full.incidentId).toBeUndefined();
    expect(full.reason).toContain('which holds 1000 alerts already');
  });

  it('keeps an alert that happens again at home, even in a full incident', () => {
    const home = incident('1', { alertCount: 1_000 });
    const placement = correlate(at(2), [neighbour('2', 2)], known(home, incident('2')), RULES, home);
    expect(placement).toMatchObject({ incidentId: '1', merged: [] });
  });

  it('groups alerts the same way in whatever order they arrive', () => {
    fc.assert(
      fc.property(fc.array(alertArb, { maxLength: 25 }), fc.infiniteStream(fc.nat()), (alerts, order) => {
        const shuffled = alerts
          .map((alert) => ({ alert, rank: order.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ alert }) => alert);
        const expected = components(alerts);
        expect(partition(alerts)).toEqual(expected);
        expect(partition(shuffled)).toEqual(expected);
      }),
    );
  });
});

interface Sample extends Span {
  readonly id: string;
  readonly entities: readonly Involved[];
}

const pick = (kind: EntityKind, prefix: string) =>
  fc.option(fc.nat({ max: 6 }).map((n): Involved => ({ kind, id: `${prefix}${n}`, name: `${prefix}${n}` })));
const alertArb: fc.Arbitrary<Sample> = fc
  .record({
    id: fc.uuid(),
    app: pick(EntityKind.APP, 'app'),
    user: pick(EntityKind.USER, 'user'),
    device: pick(EntityKind.DEVICE, 'device'),
    ip: pick(EntityKind.IP_ADDRESS, 'ip'),
    minute: fc.nat({ max: 6_000 }),
    length: fc.nat({ max: 120 }),
  })
  .map(({ id, app, user, device, ip, minute, length }) => ({
    id,
    entities: [app, user, device, ip].filter((entity) => entity !== null),
    firstAt: minutesAfterNoon(minute),
    lastAt: minutesAfterNoon(minute + length),
  }));

function sharedBy(a: Sample, b: Sample): Involved[] {
  const keys = new Set(linkingEntities(b.entities).map(entityKey));
  return linkingEntities(a.entities).filter((entity) => keys.has(entityKey(entity)));
}

/** Groups of ids, as `correlate` makes them when the alerts arrive in this order. */
function partition(alerts: readonly Sample[]): string[][] {
  const placed = new Map<Sample, string>();
  const incidents = new Map<string, IncidentFacts>();
  alerts.forEach((alert, index) => {
    const neighbours: Neighbour[] = [...placed].flatMap(([other, incidentId]) =>
      sharedBy(alert, other).map((shared) => ({
        incidentId,
        alertId: other.id,
        alertTitle: '',
        shared,
        firstAt: other.firstAt,
        lastAt: other.lastAt,
      })),
    );
    const placement = correlate(alert, neighbours, incidents, RULES);
    const incidentId = placement.incidentId ?? String(index);
    if (!placement.incidentId) incidents.set(incidentId, incident(incidentId, { lastAt: alert.lastAt }));
    for (const source of placement.merged) {
      incidents.delete(source.incidentId);
      for (const [other, id] of placed) if (id === source.incidentId) placed.set(other, incidentId);
    }
    placed.set(alert, incidentId);
  });
  const groups = new Map<string, string[]>();
  for (const [alert, id] of placed) groups.set(id, [...(groups.get(id) ?? []), alert.id]);
  return sorted([...groups.values()]);
}

/** The naive way: everything that can be reached from one alert over shared entities near in time. */
function components(alerts: readonly Sample[]): string[][] {
  const rest = new Set(alerts);
  const groups: string[][] = [];
  for (const start of alerts) {
    if (!rest.delete(start)) continue;
    const group = [start];
    for (const alert of group) {
      for (const other of rest) {
        if (gapMs(alert, other) > RULES.windowMs || sharedBy(alert, other).length === 0) continue;
        rest.delete(other);
        group.push(other);
      }
    }
    groups.push(group.map(({ id }) => id));
  }
  return sorted(groups);
}

function sorted(groups: string[][]): string[][] {
  return groups.map((group) => group.sort()).sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}
