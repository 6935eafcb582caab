import { Database, dataSourceOf, migrate } from '#database';
import { EventLogSettings, EventLogTables1600000000000, PostgresEventLog, Signals } from '#event-log';
import { Health, Metrics, SystemClock } from '#kernel';
import { Effects1700000000000 } from './conformance/effects.js';
import { testCatalog } from './conformance/test-events.js';
import type { Member, MemberOptions } from './conformance/world.js';

const MIGRATIONS = [EventLogTables1600000000000, Effects1700000000000];

/** A member on the Postgres driver; `connection` is the URL of its database. Child processes call this, too. */
export async function openMember(
  options: MemberOptions & { connection: unknown; metrics?: Metrics; statementTimeoutMs?: number },
): Promise<Member> {
  const url = String(options.connection);
  const dataSource = dataSourceOf({
    schema: options.service,
    url,
    migrations: MIGRATIONS,
    poolSize: 8,
    statementTimeoutMs: options.statementTimeoutMs ?? 30_000,
  });
  await dataSource.initialize();
  const database = new Database(options.service, dataSource);
  const settings = { ...EventLogSettings.load(), ...options.settings };
  const signals = new Signals(url, settings.pollMs);
  const health = new Health();
  const log = new PostgresEventLog({
    database,
    signals,
    settings,
    health,
    catalog: options.catalog ?? testCatalog,
    metrics: options.metrics ?? new Metrics(),
    clock: new SystemClock(),
  });
  const close = async (): Promise<void> => {
    await log.close();
    await signals.close();
    await database.close();
  };
  return { database, log, health, close };
}

export async function migrateMember(member: Member): Promise<void> {
  await migrate(member.database.dataSource, member.database.schema);
}
