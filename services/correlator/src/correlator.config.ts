import { Severity } from '#contracts';
import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

const seconds = (usual: number) => z.coerce.number().int().min(1).max(2_592_000).default(usual);

const SEVERITIES = {
  informational: Severity.INFORMATIONAL,
  low: Severity.LOW,
  medium: Severity.MEDIUM,
  high: Severity.HIGH,
} as const;

const severity = (usual: keyof typeof SEVERITIES) =>
  z
    .enum(['informational', 'low', 'medium', 'high'])
    .default(usual)
    .transform((name): Severity => SEVERITIES[name]);

export const CorrelatorSettings = defineSettings('correlator', {
  httpPort: setting(
    'CORRELATOR_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8086),
    'The port of the correlator service when it runs as a process of its own.',
  ),
  httpHost: setting('CORRELATOR_HTTP_HOST', z.string().min(1).default('127.0.0.1'), 'The address it listens on then.'),
  retentionDays: setting(
    'CORRELATOR_RETENTION_DAYS',
    z.coerce.number().int().min(1).max(3_650).default(180),
    'For how many days after its last activity or change an incident is kept, with its alerts and comments.',
  ),
  repeatSeconds: setting(
    'CORRELATOR_REPEAT_SECONDS',
    seconds(3_600),
    'For how long after its last activity the same thing counts as the same alert happening again.',
  ),
  linkSeconds: setting(
    'CORRELATOR_LINK_SECONDS',
    seconds(86_400),
    'How far apart two alerts that share a user, device or app may be to join one incident.',
  ),
  hubActors: setting(
    'CORRELATOR_HUB_ACTORS',
    z.coerce.number().int().min(2).max(1_000).default(50),
    'An app that so many users or devices have alerts with links no alerts by itself any more.',
  ),
  maxIncidentAlerts: setting(
    'CORRELATOR_MAX_INCIDENT_ALERTS',
    z.coerce.number().int().min(2).max(10_000).default(1_000),
    'How many alerts an incident holds at most.',
  ),
  repetitionAttempts: setting(
    'CORRELATOR_REPETITION_ATTEMPTS',
    z.coerce.number().int().min(2).max(1_000).default(3),
    'So many blocked attempts of one user or device raise an alert of their own.',
  ),
  repetitionSeconds: setting(
    'CORRELATOR_REPETITION_SECONDS',
    seconds(3_600),
    'Within how many seconds blocked attempts count as repeated.',
  ),
  blockedAttemptSeverity: setting(
    'CORRELATOR_BLOCKED_ATTEMPT_SEVERITY',
    severity('low'),
    'How severe a blocked attempt to use an unsanctioned app is.',
  ),
  unblockedUseSeverity: setting(
    'CORRELATOR_UNBLOCKED_USE_SEVERITY',
    severity('medium'),
    'How severe the use of an unsanctioned app is that nothing blocked.',
  ),
  repeatedAttemptsSeverity: setting(
    'CORRELATOR_REPEATED_ATTEMPTS_SEVERITY',
    severity('medium'),
    'How severe repeated blocked attempts are.',
  ),
});
