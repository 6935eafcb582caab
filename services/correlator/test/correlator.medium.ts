import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AccessOutcome,
  AlertChangedSchema,
  AlertKind,
  Classification,
  Determination,
  IncidentChangeKind,
  IncidentChangedSchema,
  IncidentStatus,
  Severity,
} from '#contracts';
import { newId } from '#kernel';
import { CorrelatorWorld } from './correlator-world.js';
import { access, minutesAfterNoon, policyMatch } from './sightings.js';

let world: CorrelatorWorld;
let tenant: string;

beforeAll(async () => {
  world = await CorrelatorWorld.open({
    GNOMON_CORRELATOR_HUB_ACTORS: '4',
    GNOMON_CORRELATOR_MAX_INCIDENT_ALERTS: '12',
  });
});
afterAll(() => world.close());
beforeEach(async () => {
  tenant = `tenant-${newId()}`;
  const app = { tenantId: tenant, generativeAi: true, removed: false };
  await world.database.transaction(async (tx) => {
    await world.names.writeApps(tx, [
      { ...app, appId: 'deepseek', name: 'DeepSeek' },
      { ...app, appId: 'poe', name: 'Poe' },
    ]);
    await world.names.writeDevices(tx, [{ tenantId: tenant, deviceId: 'd7', name: 'laptop-07' }]);
  });
});

const only = <T>(items: readonly T[]): T => {
  expect(items).toHaveLength(1);
  return items[0]!;
};

describe('alerts', () => {
  it('tell a story of one incident: the policy, the attempt, the repetition', async () => {
    await world.see(tenant, policyMatch());
    await world.see(tenant, access({ minute: 4 }));
    await world.see(tenant, access({ minute: 10, count: 2n }));

    const incident = only(await world.incidents(tenant));
    expect(incident).toMatchObject({
      title: 'Blocked attempts to use DeepSeek by alice on laptop-07',
      severity: Severity.HIGH,
      status: IncidentStatus.ACTIVE,
      alertCount: 3,
    });
    expect(incident.entities.map(({ name }) => name)).toEqual([
      'alice',
      'laptop-07',
      'DeepSeek',
      '10.0.0.7',
      'Block risky AI',
    ]);
    const story = await world.story(tenant, incident.id);
    expect(story.steps.map(({ text, linkReason }) => [text, linkReason])).toEqual([
      ['DeepSeek matches policy “Block risky AI”', 'Nothing related was seen near it in time.'],
      [
        'Blocked attempt to use DeepSeek by alice on laptop-07 (3 times, last at 2026-01-15T12:10:00Z)',
        'Same app DeepSeek as “DeepSeek matches policy “Block risky AI”” 4 minutes earlier.',
      ],
      [
        'Repeated attempts to use blocked apps by alice on laptop-07 (3 times, last at 2026-01-15T12:10:00Z)',
        'Same user alice, device laptop-07 and app DeepSeek as “Blocked attempt to use DeepSeek by alice on laptop-07” at the same time.',
      ],
    ]);
  });

  it('are told as they are raised and as they happen again', async () => {
    await world.see(tenant, access());
    const raised = only(world.drain(IncidentChangedSchema, tenant));
    expect(raised.changes).toEqual([IncidentChangeKind.CREATED, IncidentChangeKind.ALERT_ADDED]);
    expect(raised.alert).toMatchObject({ occurrences: 1n, incidentId: raised.incidentId });
    expect(only(world.drain(AlertChangedSchema, tenant))).toMatchObject({ incidentId: raised.incidentId });

    await world.see(tenant, access({ minute: 30 }));
    const repeated = only(world.drain(IncidentChangedSchema, tenant));
    expect(repeated.changes).toEqual([IncidentChangeKind.ALERT_REPEATED]);
    expect(repeated.incident).toMatchObject({ alertCount: 1, version: 2n });
    expect(only(world.drain(AlertChangedSchema, tenant)).alert).toMatchObject({ occurrences: 2n });

    await world.see(tenant, access({ minute: 30 + 61 }));
    expect((await world.alerts(tenant)).map(({ occurrences }) => occurrences)).toEqual([1n, 2n]);
    expect(await world.incidents(tenant)).toHaveLength(1);
  });

  it('of one batch are counted as if they had come one by one', async () => {
    await world.see(
      tenant,
      access({ minute: 1 }),
      access({ minute: 0 }),
      access({ minute: 2, user: 'bob', deviceId: '' }),
    );
    const alerts = await world.alerts(tenant, { kinds: [AlertKind.BLOCKED_ATTEMPT] });
    expect(alerts.map(({ occurrences }) => occurrences).sort()).toEqual([1n, 2n]);
  });

  it('that were resolved do not swallow what happens next', async () => {
    await world.see(tenant, access());
    const first = only(await world.incidents(tenant));
    await world.update(tenant, { id: first.id, status: IncidentStatus.RESOLVED });
    await world.see(tenant, access({ minute: 5 }));
    const active = only(await world.incidents(tenant, { statuses: [IncidentStatus.ACTIVE] }));
    expect(active.id).not.toBe(first.id);
    expect(only(await world.alerts(tenant, { incidentId: active.id })).linkReason).toContain(
      'which was resolved before',
    );
  });

  it('by an address alone are linked by it, and by nothing else', async () => {
    const unknown = { user: '', deviceId: '' };
    await world.see(tenant, access({ ...unknown }));
    await world.see(tenant, access({ ...unknown, appId: 'poe' }));
    expect(await world.incidents(tenant)).toHaveLength(1);
    await world.see(tenant, access({ appId: 'other', user: 'carol', deviceId: '' }));
    expect(await world.incidents(tenant)).toHaveLength(2);
  });

  it('are not linked by an app alone that very many use', async () => {
    for (let n = 0; n < 6; n++) {
      await world.see(tenant, access({ user: `user-${n}`, deviceId: '', sourceIp: '' }));
    }
    expect((await world.incidents(tenant)).map(({ alertCount }) => alertCount)).toEqual([1, 1, 4]);
    await world.see(tenant, access({ user: 'user-5', deviceId: '', sourceIp: '', appId: 'poe' }));
    expect((await world.incidents(tenant)).map(({ alertCount }) => alertCount)).toEqual([2, 1, 4]);
  });

  it('open another incident once one is full', async () => {
    for (let n = 0; n < 14; n++) await world.see(tenant, access({ appId: `app-${n}`, minute: n * 30 }));
    const [second, first] = await world.incidents(tenant);
    expect([first?.alertCount, second!.alertCount]).toEqual([12, expect.any(Number)]);
    const opening = (await world.alerts(tenant, { incidentId: second!.id })).at(-1);
    expect(opening?.linkReason).toContain('which holds 12 alerts already');
  });
});

describe('incidents that an alert links', () => {
  const two = async () => {
    await world.see(tenant, access({ user: 'alice', deviceId: '' }));
    await world.see(tenant, access({ user: 'bob', deviceId: '', appId: 'poe', minute: 1 }));
    const [second, first] = await world.incidents(tenant);
    return { first: first!, second: second! };
  };
  const link = () => world.see(tenant, access({ user: 'alice', deviceId: '', appId: 'poe', minute: 5 }));

  it('become the oldest one, with everything that was said and done', async () => {
    const { first, second } = await two();
    await world.update(tenant, { id: second.id, assignee: 'ann', title: 'Poe in sales' });
    await world.comment(tenant, second.id, 'Asked bob.');
    world.drain(IncidentChangedSchema, tenant);
    await link();

    const merged = only(await world.incidents(tenant));
    expect(merged).toMatchObject({ id: first.id, alertCount: 3, assignee: 'ann', title: 'Poe in sales' });
    expect(await world.incident(tenant, second.id)).toMatchObject({
      status: IncidentStatus.REDIRECTED,
      redirectIncidentId: first.id,
      alertCount: 0,
    });
    expect(world.drain(IncidentChangedSchema, tenant).map(({ incidentId, changes }) => [incidentId, changes])).toEqual([
      [second.id, [IncidentChangeKind.REDIRECTED]],
      [first.id, [IncidentChangeKind.ALERT_ADDED]],
    ]);
    const story = await world.story(tenant, first.id);
    expect(story.comments.map(({ author, text }) => [author, text])).toEqual([['ann', 'Asked bob.']]);
    expect(story.steps.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        'Assigned to ann.',
        'Commented: Asked bob.',
        expect.stringMatching(/^Incident “Poe in sales” was merged into “Blocked attempts to use DeepSeek by alice”: /),
      ]),
    );
    await expect(world.update(tenant, { id: second.id, assignee: 'bob' })).rejects.toMatchObject({
      code: 'correlator.incident-redirected',
      details: { redirectIncidentId: first.id },
    });
  });

  it('stay apart where they are assigned to different people, and the alert says so', async () => {
    const { first, second } = await two();
    await world.update(tenant, { id: first.id, assignee: 'ann' });
    await world.update(tenant, { id: second.id, assignee: 'bob' });
    await link();
    expect((await world.incidents(tenant)).map(({ alertCount }) => alertCount)).toEqual([2, 1]);
    const [alert] = await world.alerts(tenant);
    expect(alert?.incidentId).toBe(second.id);
    expect(alert?.linkReason).toMatch(/ Not merged with “.*”: they are assigned to bob and ann\.$/);
  });

  it('redirect over several mergers to where the alerts are', async () => {
    const { first, second } = await two();
    await world.see(tenant, access({ user: 'carol', deviceId: '', appId: 'third', minute: 2 }));
    const third = (await world.incidents(tenant))[0]!;
    await world.see(tenant, access({ user: 'bob', deviceId: '', appId: 'third', minute: 3 }));
    expect((await world.incident(tenant, third.id))?.redirectIncidentId).toBe(second.id);
    await link();
    expect((await world.incident(tenant, third.id))?.redirectIncidentId).toBe(first.id);
    expect(only(await world.incidents(tenant)).alertCount).toBe((await world.alerts(tenant)).length);
  });

  it('are found when an alert lasts long enough to reach them', async () => {
    const day = 24 * 60;
    await world.see(tenant, access({ outcome: AccessOutcome.ALLOWED }));
    await world.see(tenant, access({ outcome: AccessOutcome.ALLOWED, appId: 'poe', minute: day + 30 }));
    expect(await world.incidents(tenant)).toHaveLength(2);
    await world.see(tenant, access({ outcome: AccessOutcome.ALLOWED, minute: 45 }));
    expect(only(await world.incidents(tenant)).alertCount).toBe(2);
  });
});

describe('an analyst', () => {
  const open = async () => {
    await world.see(tenant, access());
    return only(await world.incidents(tenant)).id;
  };

  it('changes an incident once, by name, in its story', async () => {
    const id = await open();
    world.drain(IncidentChangedSchema, tenant);
    world.clock.advance(60_000);
    const changed = await world.update(tenant, {
      id,
      version: 1n,
      status: IncidentStatus.RESOLVED,
      classification: Classification.TRUE_POSITIVE,
      determination: Determination.UNWANTED_SOFTWARE,
    });
    expect(changed).toMatchObject({ version: 2n, status: IncidentStatus.RESOLVED });
    await expect(world.update(tenant, { id, version: 1n, assignee: 'bob' })).rejects.toMatchObject({
      kind: 'conflict',
      code: 'correlator.version-conflict',
      details: { currentVersion: '2' },
    });
    expect(await world.update(tenant, { id, status: IncidentStatus.RESOLVED })).toMatchObject({ version: 2n });
    expect(only(world.drain(IncidentChangedSchema, tenant)).changes).toEqual([IncidentChangeKind.UPDATED]);
    const { steps } = await world.story(tenant, id);
    expect(steps.filter(({ actor }) => actor === 'ann').map(({ text }) => text)).toEqual([
      'Status changed from active to resolved.',
      'Classified as true positive.',
      'Determined as unwanted software.',
    ]);
    world.clock.set(minutesAfterNoon(0));
  });

  it('gives a title that nothing overwrites', async () => {
    const id = await open();
    await world.update(tenant, { id, title: 'Sales tries DeepSeek' });
    await world.see(tenant, access({ user: 'bob', deviceId: '', minute: 1 }));
    expect(await world.incident(tenant, id)).toMatchObject({ title: 'Sales tries DeepSeek', alertCount: 2 });
  });

  it('is told what is wrong', async () => {
    const id = await open();
    await expect(world.comment(tenant, id, ' ')).rejects.toMatchObject({ code: 'correlator.comment-invalid' });
    await expect(world.comment(tenant, id, 'x'.repeat(30_001))).rejects.toMatchObject({ kind: 'invalid' });
    expect(await world.comment(tenant, id, 'x'.repeat(30_000))).toMatchObject({ author: 'ann' });
    await expect(world.update(tenant, { id, determination: Determination.SECURITY_TESTING })).rejects.toMatchObject({
      code: 'correlator.determination-invalid',
      details: { field: 'determination' },
    });
    await expect(world.story(tenant, newId())).rejects.toMatchObject({ code: 'correlator.incident-not-found' });
    await expect(world.update('another', { id, assignee: 'x' })).rejects.toMatchObject({ kind: 'not-found' });
    await expect(world.story('another', id)).rejects.toMatchObject({ kind: 'not-found' });
    expect(await world.incident('another', id)).toBeUndefined();
    expect(await world.alerts('another')).toEqual([]);
  });
});

describe('lists', () => {
  it('filter and page', async () => {
    await world.see(tenant, policyMatch({ appId: 'x', appName: 'X', at: minutesAfterNoon(-3_000) }));
    await world.see(tenant, access());
    await world.see(tenant, access({ user: 'bob', deviceId: '', appId: 'poe', outcome: AccessOutcome.ALLOWED }));

    expect(await world.alerts(tenant, { user: 'bob' })).toHaveLength(1);
    expect(await world.alerts(tenant, { appId: 'deepseek', deviceId: 'd7' })).toHaveLength(1);
    expect(await world.alerts(tenant, { severities: [Severity.HIGH] })).toHaveLength(1);
    expect(await world.alerts(tenant, { kinds: [AlertKind.UNBLOCKED_USE, AlertKind.POLICY_MATCH] })).toHaveLength(2);
    expect(await world.incidents(tenant, { severities: [Severity.MEDIUM] })).toHaveLength(1);
    expect(await world.incidents(tenant, { assignee: 'nobody' })).toHaveLength(0);
    const noon = { seconds: BigInt(minutesAfterNoon(-1).getTime() / 1_000) };
    expect(await world.incidents(tenant, { activeSince: noon })).toHaveLength(2);

    const first = await world.listAlerts(tenant, { page: { first: 2 } });
    expect(first.page).toMatchObject({ hasNextPage: true, totalCount: 3 });
    const rest = await world.listAlerts(tenant, { page: { first: 2, after: first.page?.cursors?.[1] } });
    expect(rest.page).toMatchObject({ hasNextPage: false, totalCount: 3 });
    const titles = [...(first.alerts ?? []), ...(rest.alerts ?? [])].map(({ title }) => title);
    expect(titles).toEqual((await world.alerts(tenant)).map(({ title }) => title));
    await expect(world.listAlerts(tenant, { page: { first: 0 } })).rejects.toMatchObject({ kind: 'invalid' });
    await expect(world.alerts(tenant, { user: 'a\0' })).rejects.toMatchObject({ kind: 'invalid' });
  });
});
