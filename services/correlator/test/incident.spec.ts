import { describe, expect, it } from '@jest/globals';
import { AlertKind, Classification, Determination, IncidentStatus } from '#contracts';
import { fits } from '../src/domain/classification.js';
import { applyUpdate, type Editable } from '../src/domain/incident-update.js';
import { tellStory } from '../src/domain/story.js';
import { incidentTitle, type Scope } from '../src/domain/title.js';
import { minutesAfterNoon } from './sightings.js';

const none = { count: 0, names: [] };
const one = (name: string) => ({ count: 1, names: [name] });
const many = (count: number) => ({ count, names: ['a'] });

describe('incidentTitle', () => {
  const scope: Scope = {
    kinds: [AlertKind.POLICY_MATCH, AlertKind.BLOCKED_ATTEMPT],
    apps: one('DeepSeek'),
    users: one('alice'),
    devices: one('laptop-07'),
    addresses: one('10.0.0.7'),
    policies: none,
    allGenerativeAi: true,
  };

  it.each<[Partial<Scope>, string]>([
    [{}, 'Blocked attempts to use DeepSeek by alice on laptop-07'],
    [{ kinds: [AlertKind.UNBLOCKED_USE] }, 'Unblocked use of DeepSeek by alice on laptop-07'],
    [
      { kinds: [AlertKind.REPEATED_ATTEMPTS, AlertKind.UNBLOCKED_USE] },
      'Blocked and unblocked use of DeepSeek by alice on laptop-07',
    ],
    [{ devices: many(2) }, 'Blocked attempts to use DeepSeek by alice'],
    [{ users: many(5) }, 'Blocked attempts to use DeepSeek by 5 users'],
    [{ apps: many(3) }, 'Blocked attempts to use 3 apps by alice on laptop-07'],
    [{ apps: many(3), users: many(5) }, 'Shadow AI: 3 apps, 5 users'],
    [{ apps: many(3), users: many(5), allGenerativeAi: false }, 'Shadow IT: 3 apps, 5 users'],
    [{ users: none }, 'Blocked attempts to use DeepSeek by laptop-07'],
    [{ users: none, devices: none, addresses: many(2), apps: many(2) }, 'Shadow AI: 2 apps, 2 addresses'],
    [
      { users: none, devices: none, addresses: none, policies: one('Block risky AI') },
      'DeepSeek matches policy “Block risky AI”',
    ],
    [{ users: none, devices: none, addresses: none, policies: many(2) }, 'DeepSeek matches 2 policies'],
  ])('%j', (parts, title) => {
    expect(incidentTitle({ ...scope, ...parts })).toBe(title);
  });
});

describe('applyUpdate', () => {
  const before: Editable = {
    status: IncidentStatus.ACTIVE,
    assignee: '',
    classification: Classification.UNSPECIFIED,
    determination: Determination.UNSPECIFIED,
    title: 'Made up',
    titleByHand: false,
  };

  it('changes what is asked for and tells it in words', () => {
    const result = applyUpdate(before, {
      status: IncidentStatus.IN_PROGRESS,
      assignee: 'ann',
      classification: Classification.TRUE_POSITIVE,
      determination: Determination.UNWANTED_SOFTWARE,
      title: ' DeepSeek in sales ',
    });
    expect(result).toEqual({
      after: {
        status: IncidentStatus.IN_PROGRESS,
        assignee: 'ann',
        classification: Classification.TRUE_POSITIVE,
        determination: Determination.UNWANTED_SOFTWARE,
        title: 'DeepSeek in sales',
        titleByHand: true,
      },
      notes: [
        'Status changed from active to in progress.',
        'Assigned to ann.',
        'Classified as true positive.',
        'Determined as unwanted software.',
        'Title changed from “Made up” to “DeepSeek in sales”.',
      ],
    });
    expect(applyUpdate(before, {})).toEqual({ after: before, notes: [] });
  });

  it.each([
    [{ status: IncidentStatus.REDIRECTED }, 'status'],
    [{ status: IncidentStatus.UNSPECIFIED }, 'status'],
    [{ assignee: 'x'.repeat(321) }, 'assignee'],
    [{ classification: 17 as Classification }, 'classification'],
    [{ determination: 17 as Determination }, 'determination'],
    [{ determination: Determination.OTHER }, 'determination'],
    [{ classification: Classification.FALSE_POSITIVE, determination: Determination.SECURITY_TESTING }, 'determination'],
    [{ title: ' ' }, 'title'],
    [{ title: 'a\0' }, 'title'],
  ])('refuses %j', (requested, field) => {
    expect(applyUpdate(before, requested)).toMatchObject({ problem: { field } });
  });

  it('drops a determination that a new classification makes void', () => {
    const decided = {
      ...before,
      classification: Classification.TRUE_POSITIVE,
      determination: Determination.COMPROMISED_ACCOUNT,
    };
    expect(applyUpdate(decided, { classification: Classification.FALSE_POSITIVE })).toMatchObject({
      after: { determination: Determination.UNSPECIFIED },
    });
    expect(applyUpdate(decided, { classification: Classification.TRUE_POSITIVE })).toMatchObject({ notes: [] });
  });

  it('allows every determination somewhere', () => {
    const classifications = [1, 2, 3] as Classification[];
    for (const determination of Object.values(Determination).filter((value) => typeof value === 'number')) {
      expect(classifications.some((classification) => fits(classification, determination))).toBe(true);
    }
  });
});

describe('tellStory', () => {
  it('tells what happened oldest first, what was seen before what was done about it', () => {
    const span = (from: number, to = from) => ({ firstAt: minutesAfterNoon(from), lastAt: minutesAfterNoon(to) });
    const steps = tellStory(
      [
        { alertId: 'a2', title: 'Second', linkReason: 'Same user', occurrences: 1n, ...span(5) },
        { alertId: 'a1', title: 'First', linkReason: 'Nothing related', occurrences: 3n, ...span(0, 9) },
      ],
      [{ noteId: 'n1', at: minutesAfterNoon(5), actor: 'ann', text: 'Assigned to ann.' }],
    );
    expect(steps.map(({ text, actor }) => [text, actor])).toEqual([
      ['First (3 times, last at 2026-01-15T12:09:00Z)', ''],
      ['Second', ''],
      ['Assigned to ann.', 'ann'],
    ]);
  });
});
