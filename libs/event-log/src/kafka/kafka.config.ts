import { DomainError, defineSettings, setting } from '#kernel';
import { z } from 'zod';
import type { SettingsOf } from '#kernel';

const count = (standard: number) => z.coerce.number().int().positive().default(standard);

export const KafkaSettings = defineSettings('kafka', {
  driver: setting(
    'EVENT_LOG',
    z.enum(['postgres', 'kafka']).default('postgres'),
    'Where events live: in Postgres, or on the brokers of GNOMON_KAFKA_BROKERS.',
  ),
  brokers: setting(
    'KAFKA_BROKERS',
    z.string().default(''),
    'The Kafka brokers to begin with, host:port, comma-separated.',
  ),
  prefix: setting(
    'KAFKA_PREFIX',
    z
      .string()
      .regex(/^[a-zA-Z0-9._-]*$/)
      .default(''),
    'What the names of topics and groups on the brokers begin with, where several installations share them.',
  ),
  username: setting('KAFKA_USERNAME', z.string().default(''), 'The user to log in to the brokers as; empty: no login.'),
  password: setting('KAFKA_PASSWORD', z.string().default(''), 'The password of that user.'),
  mechanism: setting(
    'KAFKA_MECHANISM',
    z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).default('SCRAM-SHA-512'),
    'How to log in.',
  ),
  tls: setting('KAFKA_TLS', z.stringbool().default(false), 'Whether to speak TLS with the brokers.'),
  replicas: setting(
    'KAFKA_REPLICAS',
    z.coerce.number().int().min(-1).default(-1),
    'How many copies of a new topic the brokers keep; -1: as they are set up.',
  ),
  compression: setting(
    'KAFKA_COMPRESSION',
    z.enum(['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('zstd'),
    'How records are compressed.',
  ),
  sessionMs: setting(
    'KAFKA_SESSION_MS',
    count(6_000),
    'After how many milliseconds of silence a member of a group loses its partitions.',
  ),
  heartbeatMs: setting(
    'KAFKA_HEARTBEAT_MS',
    count(300),
    'How often a member of a group shows itself, in milliseconds.',
  ),
  waitMs: setting('KAFKA_WAIT_MS', count(500), 'How long a read waits on the broker for new records, in milliseconds.'),
});

export type KafkaSettings = SettingsOf<typeof KafkaSettings>;

/** @throws DomainError `settings.invalid` if Kafka is asked for and no broker is named */
export function brokersOf(settings: KafkaSettings): string[] {
  const brokers = settings.brokers
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  if (brokers.length > 0) return brokers;
  throw new DomainError(
    'invalid',
    'settings.invalid',
    'GNOMON_KAFKA_BROKERS: must name at least one broker, because GNOMON_EVENT_LOG is "kafka".',
    { field: 'GNOMON_KAFKA_BROKERS' },
  );
}
