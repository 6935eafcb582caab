import type { Database } from '#database';
import { isMissingTable } from '../consuming/outage.js';
import type { EventRecord } from '../event-log.js';
import type { Topic } from '../topic-catalog.js';

export interface ReadLimits {
  readonly records: number;
  readonly bytes: number;
}

export interface Batch {
  readonly records: readonly EventRecord[];
  /** Where to read next: behind the last record, or past offsets that hold none any more. */
  readonly next: bigint;
}

/** What a partition holds: offsets from `first` up to, not including, `next`. */
export interface Head {
  readonly first: bigint;
  readonly next: bigint;
}

interface RecordRow {
  readonly offset: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly time: Date;
  readonly correlation_id: string;
  readonly payload: Buffer;
}

/**
 * Reads topics where their owners keep them. This is the one place where SQL crosses into another service's schema, and
 * it only ever reads: the log is shared by its nature, and the Kafka driver reads a broker's copy of the same rows. The
 * tables are the driver's own, not the service's, so no service depends on another's tables.
 */
export class RecordStore {
  constructor(private readonly database: Database) {}

  /** The records of a partition from an offset on, in order; the first one even if it is over the limit of bytes. */
  async read(topic: Topic, partition: number, from: bigint, limits: ReadLimits): Promise<Batch> {
    const rows = await this.select<RecordRow>(
      `SELECT "offset", tenant_id, key, type, id, time, correlation_id, payload
       FROM (SELECT *, sum(size) OVER (ORDER BY "offset") - size AS before
             FROM ${tableOf(topic, 'event_record')}
             WHERE topic = $1 AND partition = $2 AND "offset" >= $3 ORDER BY "offset" LIMIT $4) r
       WHERE before < $5 ORDER BY "offset"`,
      [topic.name, partition, String(from), limits.records, limits.bytes],
    );
    const records = rows.map((row) => recordOf(topic.name, partition, row));
    const last = records.at(-1);
    return { records, next: last ? last.offset + 1n : await this.pastTheGap(topic, partition, from) };
  }

  /** The heads of a topic's partitions; all empty where the owner has not made its tables yet. */
  async heads(topic: Topic): Promise<Head[]> {
    const rows = await this.select<{ partition: number; first_offset: string; next_offset: string }>(
      `SELECT partition, first_offset, next_offset FROM ${tableOf(topic, 'event_partition')} WHERE topic = $1`,
      [topic.name],
    );
    const heads = Array.from({ length: topic.partitions }, () => ({ first: 0n, next: 0n }));
    for (const row of rows) heads[row.partition] = { first: BigInt(row.first_offset), next: BigInt(row.next_offset) };
    return heads;
  }

  /** One statement, so one snapshot: a record that commits meanwhile cannot be skipped. */
  private async pastTheGap(topic: Topic, partition: number, from: bigint): Promise<bigint> {
    const rows = await this.select<{ next: string }>(
      `SELECT coalesce((SELECT min("offset") FROM ${tableOf(topic, 'event_record')} r
                        WHERE r.topic = p.topic AND r.partition = p.partition AND r."offset" >= $3),
                       greatest(p.next_offset, $3)) AS next
       FROM ${tableOf(topic, 'event_partition')} p WHERE p.topic = $1 AND p.partition = $2`,
      [topic.name, partition, String(from)],
    );
    return rows[0] ? BigInt(rows[0].next) : from;
  }

  private async select<Row>(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    try {
      return await this.database.query<Row>(sql, parameters);
    } catch (error) {
      if (isMissingTable(error)) return [];
      throw error;
    }
  }
}

/** The driver's table in the schema of a topic's owner. Owners are checked when the catalog is read. */
export function tableOf(topic: Pick<Topic, 'owner'>, table: 'event_record' | 'event_partition'): string {
  return `"${topic.owner}".${table}`;
}

function recordOf(topic: string, partition: number, row: RecordRow): EventRecord {
  const { key, type, id, time, payload } = row;
  return {
    topic,
    partition,
    offset: BigInt(row.offset),
    key,
    tenantId: row.tenant_id,
    type,
    id,
    time,
    correlationId: row.correlation_id,
    payload,
  };
}
