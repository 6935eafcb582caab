import { AccessOutcome, Severity, Tag } from '#contracts';
import type { Attempt } from '../src/domain/attempt.js';
import type { Surroundings } from '../src/domain/detections/detection.js';
import type { AccessSighting, PolicyMatchSighting } from '../src/domain/sighting.js';

export const NOON = new Date('2026-01-15T12:00:00Z');

export function minutesAfterNoon(minutes: number): Date {
  return new Date(NOON.getTime() + minutes * 60_000);
}

export function policyMatch(parts: Partial<PolicyMatchSighting> = {}): PolicyMatchSighting {
  return {
    type: 'policy-match',
    policyId: 'p1',
    policyName: 'Block risky AI',
    appId: 'deepseek',
    appName: 'DeepSeek',
    severity: Severity.HIGH,
    action: Tag.UNSANCTIONED,
    alert: true,
    matchedValues: ['riskScore = 3.4 (0 to 6)'],
    at: NOON,
    ...parts,
  };
}

/** Blocked, at noon, by alice on laptop-07, unless told otherwise; `minute` counts from noon. */
export function access({ minute = 0, ...parts }: Partial<AccessSighting> & { minute?: number } = {}): AccessSighting {
  return {
    type: 'access',
    appId: 'deepseek',
    user: 'alice',
    deviceId: 'd7',
    sourceIp: '10.0.0.7',
    outcome: AccessOutcome.BLOCKED,
    tag: Tag.UNSANCTIONED,
    count: 1n,
    firstAt: minutesAfterNoon(minute),
    lastAt: minutesAfterNoon(minute),
    host: 'chat.deepseek.com',
    ...parts,
  };
}

const NAMES: Record<string, string> = { deepseek: 'DeepSeek', poe: 'Poe', d7: 'laptop-07' };

export function surroundings(attemptsBefore: readonly Attempt[] = []): Surroundings {
  return {
    appName: (id) => NAMES[id] ?? id,
    deviceName: (id) => NAMES[id] ?? id,
    attemptsBefore,
    severities: {
      blockedAttempt: Severity.LOW,
      unblockedUse: Severity.MEDIUM,
      repeatedAttempts: Severity.MEDIUM,
    },
    repetition: { threshold: 3, windowMs: 3_600_000 },
  };
}
