import type { Database, Tx } from '#database';
import type { EventRecord } from '../event-log.js';

/** A record that a group could not apply, with its coordinates and the reason. */
export interface ParkedRecord {
  readonly group: string;
  readonly record: EventRecord;
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: Date;
}

interface ParkedRow {
  readonly group_name: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly tenant_id: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly time: Date;
  readonly correlation_id: string;
  readonly payload: Buffer;
  readonly error: string;
  readonly attempts: number;
  readonly parked_at: Date;
}

const MAX_ERROR_LENGTH = 2_000;
/** So that one run is short; the next one goes on. */
const MAX_TRIMMED = 50_000;

/** The parked records of a service's consumer groups, in its own schema. */
export class ParkingStore {
  constructor(private readonly database: Database) {}

  async park(tx: Tx, group: string, record: EventRecord, error: string, attempts: number): Promise<void> {
    await tx.query(
      `INSERT INTO event_parked
         (group_name, topic, partition, "offset", tenant_id, key, type, id, time, correlation_id, payload, error, attempts)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
       ON CONFLICT (group_name, topic, partition, "offset") DO UPDATE
         SET error = excluded.error, attempts = event_parked.attempts + excluded.attempts, parked_at = now()`,
      [
        group,
        record.topic,
        record.partition,
        String(record.offset),
        record.tenantId,
        record.key,
        record.type,
        record.id,
        record.time,
        record.correlationId,
        Buffer.from(record.payload),
        error.slice(0, MAX_ERROR_LENGTH).replaceAll('\0', ''),
        attempts,
      ],
    );
  }

  /** Removes all but the newest `keep` of each group. @returns how many were removed, by group */
  async trim(keep: number): Promise<Map<string, number>> {
    const rows = await this.database.transaction((tx) =>
      tx.query<{ group_name: string; dropped: string }>(
        `WITH ranked AS (
           SELECT group_name, topic, partition, "offset",
                  row_number() OVER (PARTITION BY group_name ORDER BY parked_at DESC, topic, partition, "offset" DESC) AS rank
           FROM event_parked),
         dropped AS (
           DELETE FROM event_parked p USING (SELECT * FROM ranked WHERE rank > $1 LIMIT $2) r
           WHERE p.group_name = r.group_name AND p.topic = r.topic AND p.partition = r.partition AND p."offset" = r."offset"
           RETURNING p.group_name)
         SELECT group_name, count(*) AS dropped FROM dropped GROUP BY group_name`,
        [keep, MAX_TRIMMED],
      ),
    );
    return new Map(rows.map((row) => [row.group_name, Number(row.dropped)]));
  }

  /** The parked records of a group, oldest first, at most `limit`. */
  async list(group: string, limit: number): Promise<ParkedRecord[]> {
    const rows = await this.database.query<ParkedRow>(
      'SELECT * FROM event_parked WHERE group_name = $1 ORDER BY parked_at, topic, partition, "offset" LIMIT $2',
      [group, limit],
    );
    return rows.map(parkedOf);
  }
}

function parkedOf(row: ParkedRow): ParkedRecord {
  const { topic, partition, key, type, id, time, payload } = row;
  const record: EventRecord = {
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
  return { group: row.group_name, record, error: row.error, attempts: row.attempts, parkedAt: row.parked_at };
}
