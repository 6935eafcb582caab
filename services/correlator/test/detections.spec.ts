import { describe, expect, it } from '@jest/globals';
import { AccessOutcome, AlertKind, EntityKind, Severity, Tag } from '#contracts';
import { DETECTIONS } from '../src/domain/detections/registry.js';
import type { Attempt } from '../src/domain/attempt.js';
import type { Sighting } from '../src/domain/sighting.js';
import { access, minutesAfterNoon, policyMatch, surroundings } from './sightings.js';

const detect = (sighting: Sighting, before: readonly Attempt[] = []) =>
  DETECTIONS.flatMap((detection) => detection.detect(sighting, surroundings(before)));
const kinds = (sighting: Sighting, before: readonly Attempt[] = []) => detect(sighting, before).map(({ kind }) => kind);
const attempt = (minute: number, count = 1n, appId = 'deepseek'): Attempt => ({
  appId,
  count,
  firstAt: minutesAfterNoon(minute),
  lastAt: minutesAfterNoon(minute),
});

describe('detections', () => {
  it('each raise their own kind of alert', () => {
    expect(new Set(DETECTIONS.map(({ kind }) => kind)).size).toBe(DETECTIONS.length);
  });

  it('report a policy match that is to alert, with what matched', () => {
    expect(detect(policyMatch())).toEqual([
      expect.objectContaining({
        kind: AlertKind.POLICY_MATCH,
        severity: Severity.HIGH,
        title: 'DeepSeek matches policy “Block risky AI”',
        description:
          'DeepSeek began to match policy “Block risky AI”: riskScore = 3.4 (0 to 6). The policy asks for it to be blocked.',
        policyId: 'p1',
        occurrences: 1n,
      }),
    ]);
    expect(detect(policyMatch({ alert: false }))).toEqual([]);
  });

  it('report a blocked attempt with everything that is known of who it was', () => {
    const [draft, ...others] = detect(access({ count: 2n }));
    expect(others).toEqual([]);
    expect(draft).toMatchObject({
      kind: AlertKind.BLOCKED_ATTEMPT,
      title: 'Blocked attempt to use DeepSeek by alice on laptop-07',
      description: 'alice on laptop-07 tried to use the unsanctioned app DeepSeek (chat.deepseek.com) and was blocked.',
      occurrences: 2n,
      entities: [
        { kind: EntityKind.APP, id: 'deepseek', name: 'DeepSeek' },
        { kind: EntityKind.USER, id: 'alice', name: 'alice' },
        { kind: EntityKind.DEVICE, id: 'd7', name: 'laptop-07' },
        { kind: EntityKind.IP_ADDRESS, id: '10.0.0.7', name: '10.0.0.7' },
      ],
    });
  });

  it.each([
    [{ user: '' }, 'laptop-07'],
    [{ deviceId: '' }, 'alice'],
    [{ user: '', deviceId: '' }, '10.0.0.7'],
    [{ user: '', deviceId: '', sourceIp: '' }, 'somebody unknown'],
  ])('name whoever is known: %j', (parts, who) => {
    expect(detect(access(parts))[0]?.title).toBe(`Blocked attempt to use DeepSeek by ${who}`);
  });

  it.each([
    [AccessOutcome.ALLOWED, Tag.UNSANCTIONED, [AlertKind.UNBLOCKED_USE]],
    [AccessOutcome.BYPASSED, Tag.UNSANCTIONED, [AlertKind.UNBLOCKED_USE]],
    [AccessOutcome.WARNED, Tag.UNSANCTIONED, []],
    [AccessOutcome.BLOCKED, Tag.UNSANCTIONED, [AlertKind.BLOCKED_ATTEMPT]],
    [AccessOutcome.BLOCKED, Tag.MONITORED, []],
    [AccessOutcome.ALLOWED, Tag.MONITORED, []],
    [AccessOutcome.WARNED, Tag.MONITORED, []],
    [AccessOutcome.BYPASSED, Tag.MONITORED, []],
    [AccessOutcome.UNSPECIFIED, Tag.UNSANCTIONED, []],
  ])('answer outcome %d with tag %d by %j', (outcome, tag, expected) => {
    expect(kinds(access({ outcome, tag }))).toEqual(expected);
  });

  it('give the same key to what is the same thing again, and only to that', () => {
    const keyOf = (parts: Parameters<typeof access>[0]) => detect(access(parts))[0]?.key;
    expect(keyOf({ minute: 5, host: 'deepseek.com', sourceIp: '10.9.9.9' })).toBe(keyOf({}));
    for (const other of [{ user: 'bob' }, { deviceId: 'd8' }, { appId: 'poe' }, { outcome: AccessOutcome.ALLOWED }]) {
      expect(keyOf(other)).not.toBe(keyOf({}));
    }
  });

  describe('of repeated attempts', () => {
    it('wait for three within an hour, whichever apps they were for', () => {
      expect(kinds(access({ minute: 59 }), [attempt(0)])).toEqual([AlertKind.BLOCKED_ATTEMPT]);
      const drafts = detect(access({ minute: 60 }), [attempt(0, 1n, 'poe'), attempt(30)]);
      expect(drafts[1]).toMatchObject({
        kind: AlertKind.REPEATED_ATTEMPTS,
        title: 'Repeated attempts to use blocked apps by alice on laptop-07',
        description: 'alice on laptop-07 was blocked 3 times within 60 minutes, using Poe, DeepSeek.',
        occurrences: 3n,
        firstAt: minutesAfterNoon(0),
        lastAt: minutesAfterNoon(60),
      });
      expect(kinds(access({ minute: 61 }), [attempt(0), attempt(30)])).toEqual([AlertKind.BLOCKED_ATTEMPT]);
    });

    it('count only what is new once they have been reported', () => {
      const drafts = detect(access({ minute: 20, count: 2n }), [attempt(0), attempt(5), attempt(10)]);
      expect(drafts[1]).toMatchObject({ occurrences: 2n, firstAt: minutesAfterNoon(20) });
    });

    it('recognise them in what was told together, if it must have been within an hour', () => {
      const longAgo = { firstAt: minutesAfterNoon(-600), lastAt: minutesAfterNoon(0) };
      expect(kinds(access({ count: 3n }))).toContain(AlertKind.REPEATED_ATTEMPTS);
      expect(kinds(access({ count: 20n, ...longAgo }))).not.toContain(AlertKind.REPEATED_ATTEMPTS);
      expect(kinds(access({ count: 21n, ...longAgo }))).toContain(AlertKind.REPEATED_ATTEMPTS);
    });

    it('need somebody to have tried', () => {
      expect(kinds(access({ user: '', deviceId: '', sourceIp: '', count: 9n }))).toEqual([AlertKind.BLOCKED_ATTEMPT]);
    });
  });
});
