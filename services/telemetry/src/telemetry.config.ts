import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

const count = (standard: number, most = 1_000_000_000_000) =>
  z.coerce.number().int().min(1).max(most).default(standard);

export const TelemetrySettings = defineSettings('telemetry', {
  httpPort: setting(
    'TELEMETRY_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8082),
    'The port of the telemetry service when it runs as a process of its own.',
  ),
  httpHost: setting('TELEMETRY_HTTP_HOST', z.string().min(1).default('127.0.0.1'), 'The address it listens on then.'),
  maxBatchBytes: setting(
    'TELEMETRY_MAX_BATCH_BYTES',
    count(4 << 20, 16 << 20),
    'The most bytes of one telemetry batch, as sent.',
  ),
  maxBatchInflatedBytes: setting(
    'TELEMETRY_MAX_BATCH_INFLATED_BYTES',
    count(12 << 20, 16 << 20),
    'The most bytes of one telemetry batch, uncompressed.',
  ),
  maxInFlightBytes: setting(
    'TELEMETRY_MAX_IN_FLIGHT_BYTES',
    count(64 << 20),
    'The most bytes of telemetry batches, uncompressed, that may be in work at once; beyond it the answer is 503.',
  ),
  maxUploads: setting(
    'TELEMETRY_MAX_UPLOADS',
    count(8, 1_000),
    'How many log files may be read at once, and at most half of them of one tenant; beyond it the answer is 503.',
  ),
  maxFileBytes: setting('TELEMETRY_MAX_FILE_BYTES', count(8 * 2 ** 30), 'The most bytes of one log file, as sent.'),
  maxFileInflatedBytes: setting(
    'TELEMETRY_MAX_FILE_INFLATED_BYTES',
    count(64 * 2 ** 30),
    'The most bytes of one log file, uncompressed.',
  ),
  fileIdleMs: setting(
    'TELEMETRY_FILE_IDLE_MS',
    count(60_000),
    'For how many milliseconds a log file’s sender is waited for before it is looked at how much it has sent in them.',
  ),
  fileMinBytes: setting(
    'TELEMETRY_FILE_MIN_BYTES',
    count(32 << 10),
    'The fewest bytes a log file’s sender must deliver in GNOMON_TELEMETRY_FILE_IDLE_MS; a slower one is answered 408.',
  ),
  maxDevices: setting(
    'TELEMETRY_MAX_DEVICES',
    count(200_000, 10_000_000),
    'How many devices that are not revoked a tenant may have.',
  ),
  maxEnrolmentSecrets: setting(
    'TELEMETRY_MAX_ENROLMENT_SECRETS',
    count(1_000, 100_000),
    'How many usable enrolment secrets a tenant may have.',
  ),
  maxUnclaimedHosts: setting(
    'TELEMETRY_MAX_UNCLAIMED_HOSTS',
    count(200_000, 100_000_000),
    'How many hosts that no app claims are kept for a tenant; the least used and longest unseen go first.',
  ),
  retentionDays: setting(
    'TELEMETRY_RETENTION_DAYS',
    count(180, 3_650),
    'For how many days after it was last added to usage is kept.',
  ),
  lastSeenMs: setting(
    'TELEMETRY_LAST_SEEN_MS',
    count(60_000),
    'How exact a device’s last-seen time is: it is written at most this often, in milliseconds.',
  ),
});
