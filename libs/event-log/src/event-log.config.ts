import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

const count = (standard: number) => z.coerce.number().int().positive().default(standard);

export const EventLogSettings = defineSettings('event-log', {
  wakeUps: setting(
    'WAKE_UPS',
    z.enum(['postgres', 'redis']).default('postgres'),
    'How processes tell each other of new events: over postgres (LISTEN/NOTIFY) or redis (pub/sub). Redis needs GNOMON_REDIS_URL.',
  ),
  pollMs: setting(
    'EVENT_LOG_POLL_MS',
    count(1_000),
    'How often, in milliseconds, to look for events whose wake-up call was lost.',
  ),
  parallel: setting(
    'EVENT_LOG_PARALLEL',
    count(3),
    'How many partitions one consumer group of one process works on at a time.',
  ),
  batchRecords: setting(
    'EVENT_LOG_BATCH_RECORDS',
    count(500),
    'The most records one transaction of a consumer applies.',
  ),
  batchBytes: setting(
    'EVENT_LOG_BATCH_BYTES',
    count(4 << 20),
    'The most payload bytes one read of a partition fetches.',
  ),
  batchMs: setting(
    'EVENT_LOG_BATCH_MS',
    count(500),
    'After how many milliseconds of handling a consumer commits what it has.',
  ),
  maxAttempts: setting(
    'EVENT_LOG_MAX_ATTEMPTS',
    count(5),
    'How often a record that fails is tried before it is parked.',
  ),
  parkedRecords: setting(
    'EVENT_LOG_PARKED_RECORDS',
    count(10_000),
    'How many parked records of a consumer group are kept, the newest.',
  ),
  stallMs: setting(
    'EVENT_LOG_STALL_MS',
    count(5_000),
    'After how many milliseconds a consumer that stands still in a transaction loses its partition to another.',
  ),
  drainMs: setting(
    'EVENT_LOG_DRAIN_MS',
    count(10_000),
    'How long a stopping process waits for running transactions, in milliseconds.',
  ),
  publishLingerMs: setting(
    'EVENT_LOG_PUBLISH_LINGER_MS',
    z.coerce.number().int().nonnegative().default(2),
    'How long a published record waits for others to share a commit with, in milliseconds.',
  ),
  publishBatchBytes: setting(
    'EVENT_LOG_PUBLISH_BATCH_BYTES',
    count(4 << 20),
    'The most payload bytes that share one commit.',
  ),
  publishQueueBytes: setting(
    'EVENT_LOG_PUBLISH_QUEUE_BYTES',
    count(64 << 20),
    'The most payload bytes that may wait to be published.',
  ),
  maxRecordBytes: setting('EVENT_LOG_MAX_RECORD_BYTES', count(16 << 20), 'The most bytes one event may have.'),
  maintenanceMs: setting(
    'EVENT_LOG_MAINTENANCE_MS',
    count(60_000),
    'How often retention and compaction run, in milliseconds.',
  ),
});
