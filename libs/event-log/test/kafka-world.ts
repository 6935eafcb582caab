import { Database, dataSourceOf, migrate } from '#database';
import { EVENT_LOG_MIGRATIONS, EventLogSettings, KafkaEventLog, KafkaSettings, Signals } from '#event-log';
import { Health, Metrics, SystemClock } from '#kernel';
import { Effects1700000000000 } from './conformance/effects.js';
import { testCatalog } from './conformance/test-events.js';
import { SERVICES, type Member, type MemberOptions } from './conformance/world.js';

export interface KafkaConnection {
  readonly postgres: string;
  readonly brokers: string;
  /** Sets the topics and groups of one world apart from those of others on the same broker. */
  readonly prefix: string;
  /** What else is set of `GNOMON_KAFKA_…`. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** After what silence a member is missed. Default: a second, so that a test can kill many. */
  readonly sessionMs?: number | undefined;
}

export function kafkaSettings({
  brokers,
  prefix,
  environment: more,
  sessionMs = 1_000,
}: KafkaConnection): KafkaSettings {
  const environment = {
    GNOMON_EVENT_LOG: 'kafka',
    GNOMON_KAFKA_BROKERS: brokers,
    GNOMON_KAFKA_PREFIX: prefix,
    ...more,
  };
  return { ...KafkaSettings.load(environment), sessionMs, heartbeatMs: 200, replicas: 1 };
}

/** A member on the Kafka driver. Child processes call this, too. */
export async function openMember(options: MemberOptions & { connection: unknown }): Promise<Member> {
  const connection = options.connection as KafkaConnection;
  const dataSource = dataSourceOf({
    schema: options.service,
    url: connection.postgres,
    migrations: [...EVENT_LOG_MIGRATIONS, Effects1700000000000],
    poolSize: 8,
    statementTimeoutMs: 30_000,
  });
  await dataSource.initialize();
  const database = new Database(options.service, dataSource);
  const settings = { ...EventLogSettings.load(), ...SMALL_BATCHES, ...options.settings };
  const signals = new Signals(connection.postgres, settings.pollMs);
  const health = new Health();
  const log = new KafkaEventLog({
    database,
    signals,
    settings,
    health,
    kafka: kafkaSettings(connection),
    catalog: options.catalog ?? testCatalog,
    metrics: new Metrics(),
    clock: new SystemClock(),
  });
  const close = async (): Promise<void> => {
    await log.close();
    await signals.close();
    await database.close();
  };
  return { database, log, health, settled: () => outboxesAreEmpty(database), close };
}

/** Segments are at least as large as a batch may be, and retention takes whole segments. */
export const SMALL_BATCHES = { maxRecordBytes: 100_000, publishBatchBytes: 100_000 };

export async function migrateMember(member: Member): Promise<void> {
  await migrate(member.database.dataSource, member.database.schema);
}

const SETTLE_MS = 20_000;

async function outboxesAreEmpty(database: Database): Promise<void> {
  const heads = SERVICES.map(
    (service) => `SELECT '${service}' AS service, topic, partition, next_offset FROM "${service}".event_partition`,
  ).join(' UNION ALL ');
  const relays = SERVICES.map(
    (service) => `SELECT '${service}' AS service, topic, partition, position FROM "${service}".event_relay`,
  ).join(' UNION ALL ');
  for (const deadline = Date.now() + SETTLE_MS; ; await new Promise((resolve) => setTimeout(resolve, 10))) {
    const waiting = await database.query<{ topic: string }>(
      `SELECT topic FROM (${heads}) h LEFT JOIN (${relays}) r USING (service, topic, partition)
       WHERE h.next_offset > coalesce(r.position, 0)`,
    );
    if (waiting.length === 0) return;
    if (Date.now() > deadline) throw new Error(`still in an outbox: ${JSON.stringify(waiting)}`);
  }
}
