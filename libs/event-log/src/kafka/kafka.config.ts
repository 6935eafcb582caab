import { DomainError, defineSettings, messageOf, setting } from '#kernel';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
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
  caFile: setting(
    'KAFKA_CA_FILE',
    z.string().default(''),
    'A file of certificates (PEM) that the brokers may be signed with; empty: those that Node trusts.',
  ),
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
    count(200),
    'How often a member of a group shows itself, in milliseconds.',
  ),
  waitMs: setting('KAFKA_WAIT_MS', count(250), 'How long a read waits on the broker for new records, in milliseconds.'),
});

export type KafkaSettings = SettingsOf<typeof KafkaSettings>;

/** @throws DomainError `settings.invalid` if Kafka is asked for and no broker is named */
export function brokersOf(settings: KafkaSettings): string[] {
  const brokers = settings.brokers
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '');
  if (brokers.length > 0) return brokers;
  throw invalid('GNOMON_KAFKA_BROKERS', 'must name at least one broker, because GNOMON_EVENT_LOG is "kafka"');
}

/** How to log in and what to trust, as the client wants to be told. */
export interface BrokerAccess {
  readonly sasl?: { mechanism: KafkaSettings['mechanism']; username: string; password: string };
  readonly tls?: SecureContextOptions;
  readonly tlsServerName?: boolean;
}

/** @throws DomainError `settings.invalid` if a setting is missing, or a file that one names cannot be read */
export function accessOf(settings: KafkaSettings): BrokerAccess {
  const { mechanism, username, password, tls, caFile } = settings;
  if (username && !password) throw invalid('GNOMON_KAFKA_PASSWORD', 'must be set, because GNOMON_KAFKA_USERNAME is');
  if (password && !username) throw invalid('GNOMON_KAFKA_USERNAME', 'must be set, because GNOMON_KAFKA_PASSWORD is');
  if (caFile && !tls) throw invalid('GNOMON_KAFKA_TLS', 'must be true, because GNOMON_KAFKA_CA_FILE is set');
  // Some clusters tell their brokers apart by the name that is asked for; an address is no name.
  const named = brokersOf(settings).every((broker) => isIP(broker.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')) === 0);
  return {
    ...(username ? { sasl: { mechanism, username, password } } : {}),
    ...(tls ? { tls: caFile ? { ca: certificatesOf(caFile) } : {}, tlsServerName: named } : {}),
  };
}

function certificatesOf(caFile: string): string {
  let text: string;
  try {
    text = readFileSync(caFile, 'utf8');
  } catch (error) {
    throw invalid('GNOMON_KAFKA_CA_FILE', `cannot be read: ${messageOf(error)}`);
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw invalid('GNOMON_KAFKA_CA_FILE', `${caFile} holds no certificate in PEM`);
  }
  return text;
}

function invalid(field: string, reason: string): DomainError {
  return new DomainError('invalid', 'settings.invalid', `${field}: ${reason}.`, { field });
}
