import { Database, dataSourceOf, migrate } from '#database';
import { EVENT_LOG_MIGRATIONS, EventLogSettings, PostgresEventLog, RedisWakeUps, Signals } from '#event-log';
import { Health, Metrics, SystemClock } from '#kernel';
import { Effects1700000000000 } from './conformance/effects.js';
import { testCatalog } from './conformance/test-events.js';
import type { Member, MemberOptions } from './conformance/world.js';

export interface PostgresConnection {
  /** Of the database. */
  readonly url: string;
  /** Where wake-up calls go over Redis. */
  readonly redis?: { readonly url: string; readonly prefix: string };
}

/** A member on the Postgres driver; `connection` may be just the URL. Child processes call this, too. */
export async function openMember(
  options: MemberOptions & { connection: unknown; metrics?: Metrics; statementTimeoutMs?: number },
): Promise<Member> {
  const connection = options.connection as PostgresConnection | string;
  const { url, redis } = typeof connection === 'string' ? { url: connection } : connection;
  const dataSource = dataSourceOf({
    schema: options.service,
    url,
    migrations: [...EVENT_LOG_MIGRATIONS, Effects1700000000000],
    poolSize: 8,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  });
  await dataSource.initialize();
  const database = new Database(options.service, dataSource);
  const settings = { ...EventLogSettings.load(), ...options.settings };
  const metrics = options.metrics ?? new Metrics();
  const wakeUps = redis ? new RedisWakeUps(redis, metrics) : undefined;
  const signals = new Signals(url, settings.pollMs, wakeUps);
  const health = new Health();
  const log = new PostgresEventLog({
    database,
    signals,
    settings,
    health,
    catalog: options.catalog ?? testCatalog,
    metrics,
    clock: new SystemClock(),
  });
  const close = async (): Promise<void> => {
    await log.close();
    await signals.close();
    wakeUps?.close();
    await database.close();
  };
  return { database, log, health, settled: async () => undefined, close };
}

export async function migrateMember(member: Member): Promise<void> {
  await migrate(member.database.dataSource, member.database.schema);
}
