import type { Database, Tx } from '#database';
import type { EventRecord } from '../event-log.js';

/** A record that a group could not apply, with its coordinates and the reason. */
export interface ParkedRecord {
  readonly group: string;
  readonly record: EventRecord;
  readonly error: string;
  readonly attempts: number;
  readonly parkedAt: Date;
  /** What an admin has asked for, until a member of the group has done it. */
  readonly request?: ParkedRequest;
}

export type RequestKind = 'replay' | 'drop';

export interface ParkedRequest {
  readonly kind: RequestKind;
  readonly by: string;
  readonly at: Date;
}

/** Which parked records of a service are meant. What is left out does not matter. */
export interface ParkedFilter {
  readonly group?: string | undefined;
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
  readonly offset?: bigint | undefined;
}

/** A parked record's place. */
export interface ParkedPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
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
  readonly request: RequestKind | null;
  readonly requested_at: Date | null;
  readonly requested_by: string | null;
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
        storable(error),
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
  list(group: string, limit: number): Promise<ParkedRecord[]> {
    return this.find({ group }, limit);
  }

  /** Parked records, by group and oldest first, at most `limit`. */
  async find(filter: ParkedFilter, limit: number): Promise<ParkedRecord[]> {
    const rows = await this.database.query<ParkedRow>(
      `SELECT * FROM event_parked WHERE ${MEANT} ORDER BY group_name, parked_at, topic, partition, "offset" LIMIT $5`,
      [...valuesOf(filter), limit],
    );
    return rows.map(parkedOf);
  }

  /** How many there are, by group. */
  async count(): Promise<Map<string, number>> {
    const rows = await this.database.query<{ group_name: string; records: string }>(
      'SELECT group_name, count(*) AS records FROM event_parked GROUP BY group_name',
    );
    return new Map(rows.map((row) => [row.group_name, Number(row.records)]));
  }

  /**
   * Asks the members of the groups to apply records again, or to forget them. A later request takes the place of an
   * earlier one that nobody has met yet.
   *
   * @param by who asks
   * @returns how many records are meant
   */
  async request(kind: RequestKind, filter: ParkedFilter, by: string): Promise<number> {
    const rows = await this.database.transaction((tx) =>
      tx.query(
        `UPDATE event_parked SET request = $5, requested_by = $6, requested_at = now() WHERE ${MEANT} RETURNING topic`,
        [...valuesOf(filter), kind, by],
      ),
    );
    return rows.length;
  }

  /** What is asked of a group's records, in the order of the log, at most `limit`. */
  async requested(group: string, limit: number): Promise<(ParkedPlace & { readonly kind: RequestKind })[]> {
    const rows = await this.database.query<ParkedRow>(
      `SELECT group_name, topic, partition, "offset", request FROM event_parked
       WHERE group_name = $1 AND request IS NOT NULL ORDER BY topic, partition, "offset" LIMIT $2`,
      [group, limit],
    );
    return rows.map((row) => ({ ...placeOf(row), kind: row.request! }));
  }

  /** Takes a record of which this is still asked out of the table. Undefined: somebody else has done so. */
  async take(
    tx: Tx,
    place: ParkedPlace,
    kind: RequestKind,
  ): Promise<(ParkedRecord & { readonly request: ParkedRequest }) | undefined> {
    const rows = await tx.query<ParkedRow>(
      `DELETE FROM event_parked
       WHERE group_name = $1 AND topic = $2 AND partition = $3 AND "offset" = $4 AND request = $5 RETURNING *`,
      [place.group, place.topic, place.partition, String(place.offset), kind],
    );
    const parked = rows[0] && parkedOf(rows[0]);
    return parked?.request ? { ...parked, request: parked.request } : undefined;
  }

  /** It stays parked: with the new error, one more attempt, and nothing asked of it any more. */
  async failedAgain(place: ParkedPlace, error: string): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(
        `UPDATE event_parked SET error = $5, attempts = attempts + 1, request = NULL, requested_by = NULL, requested_at = NULL
         WHERE group_name = $1 AND topic = $2 AND partition = $3 AND "offset" = $4`,
        [place.group, place.topic, place.partition, String(place.offset), storable(error)],
      ),
    );
  }
}

const MEANT = `group_name = coalesce($1, group_name) AND topic = coalesce($2, topic)
  AND partition = coalesce($3::int, partition) AND "offset" = coalesce($4::bigint, "offset")`;

function valuesOf({ group, topic, partition, offset }: ParkedFilter): unknown[] {
  return [group ?? null, topic ?? null, partition ?? null, offset === undefined ? null : String(offset)];
}

function storable(error: string): string {
  return error.slice(0, MAX_ERROR_LENGTH).replaceAll('\0', '');
}

function placeOf(row: ParkedRow): ParkedPlace {
  return { group: row.group_name, topic: row.topic, partition: row.partition, offset: BigInt(row.offset) };
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
  const { request: kind, requested_by: by, requested_at: at } = row;
  return {
    group: row.group_name,
    record,
    error: row.error,
    attempts: row.attempts,
    parkedAt: row.parked_at,
    ...(kind && at ? { request: { kind, by: by ?? '', at } } : {}),
  };
}
