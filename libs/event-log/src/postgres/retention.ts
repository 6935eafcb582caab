import type { Database, Tx } from '#database';
import type { Topic } from '../topic-catalog.js';

const CHUNK = 2_000;
/** So that one run is short; the next one goes on where this one stopped. */
const MAX_CHUNKS = 50;

/**
 * Removes what a topic need not keep: by age and by size from its old end, and in compacted topics every record that has a
 * newer one of its tenant and key.
 *
 * What a consumer group of the owner itself has not applied yet stays, whatever the limits: the owner has acknowledged it.
 * `Backlog` keeps the log bounded then. Groups of other services cannot be seen from here: for them the limits win, as
 * Kafka keeps them; such a group goes on with the oldest record there is, and says what it has lost.
 */
export class Retention {
  constructor(private readonly database: Database) {}

  /** One process at a time does this for a service; the others leave it to that one. */
  async apply(topics: readonly Topic[], now: Date): Promise<void> {
    for (const topic of topics) {
      for (let partition = 0; partition < topic.partitions; partition++) {
        await this.partition(topic, partition, now);
      }
    }
  }

  private async partition(topic: Topic, partition: number, now: Date): Promise<void> {
    for (let chunk = 0; chunk < MAX_CHUNKS; chunk++) {
      const more = await this.database.transaction(async (tx) => {
        if (!(await this.alone(tx))) return false;
        return topic.compacted ? compact(tx, topic, partition) : trim(tx, topic, partition, now);
      });
      if (!more) return;
    }
  }

  private async alone(tx: Tx): Promise<boolean> {
    const rows = await tx.query<{ mine: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine`,
      [`gnomon event-log retention ${this.database.schema}`],
    );
    return rows[0]?.mine === true;
  }
}

/** Removes at most one chunk from the old end. @returns whether there may be more to remove */
async function trim(tx: Tx, topic: Topic, partition: number, now: Date): Promise<boolean> {
  if (topic.retentionMs === undefined && topic.retentionBytes === undefined) return false;
  const oldest = topic.retentionMs === undefined ? null : new Date(now.getTime() - topic.retentionMs);
  const rows = await tx.query<{ cut: string | null; records: string; bytes: string }>(
    // The first record that must stay ends the cut, even if an older one follows it: offsets go without gaps.
    `WITH old AS (
       SELECT "offset", size, time, sum(size) OVER (ORDER BY "offset") - size AS before
       FROM (SELECT "offset", size, time FROM event_record
             WHERE topic = $1 AND partition = $2 ORDER BY "offset" LIMIT $3) chunk),
     judged AS (
       SELECT old.*, (coalesce(old.time < $4::timestamptz, false)
                   OR coalesce(p.bytes - old.before > $5::bigint, false))
                  AND coalesce(old."offset" < unapplied."offset", true) AS goes
       FROM old, event_partition p,
            (SELECT min(position) AS "offset" FROM event_position WHERE topic = $1 AND partition = $2) unapplied
       WHERE p.topic = $1 AND p.partition = $2),
     stays AS (SELECT min("offset") AS "offset" FROM judged WHERE NOT goes)
     SELECT max(j."offset") + 1 AS cut, count(*) AS records, coalesce(sum(j.size), 0) AS bytes
     FROM judged j, stays WHERE j.goes AND (stays."offset" IS NULL OR j."offset" < stays."offset")`,
    [topic.name, partition, CHUNK, oldest, topic.retentionBytes ?? null],
  );
  const { cut, records, bytes } = rows[0]!;
  if (cut === null) return false;
  await tx.query('DELETE FROM event_record WHERE topic = $1 AND partition = $2 AND "offset" < $3', [
    topic.name,
    partition,
    cut,
  ]);
  // The counter row is locked only now, for the shortest time: appenders wait for it.
  await tx.query(
    `UPDATE event_partition SET first_offset = greatest(first_offset, $3::bigint), bytes = greatest(bytes - $4::bigint, 0)
     WHERE topic = $1 AND partition = $2`,
    [topic.name, partition, cut, bytes],
  );
  return Number(records) === CHUNK;
}

/** Compacts what has been appended since the last time, one chunk. @returns whether there may be more to do */
async function compact(tx: Tx, topic: Topic, partition: number): Promise<boolean> {
  const rows = await tx.query<{ chunk_from: string; chunk_to: string | null; records: string }>(
    `SELECT p.compacted_to AS chunk_from, c.chunk_to, c.records
     FROM event_partition p, LATERAL (
       SELECT max("offset") + 1 AS chunk_to, count(*) AS records
       FROM (SELECT "offset" FROM event_record r
             WHERE r.topic = p.topic AND r.partition = p.partition AND r."offset" >= p.compacted_to
             ORDER BY "offset" LIMIT $3) chunk) c
     WHERE p.topic = $1 AND p.partition = $2`,
    [topic.name, partition, CHUNK],
  );
  const row = rows[0];
  if (!row || row.chunk_to === null) return false;
  const removed = await tx.query<{ bytes: string }>(
    `WITH newest AS (
       SELECT tenant_id, key, max("offset") AS "offset" FROM event_record
       WHERE topic = $1 AND partition = $2 AND "offset" >= $3 AND "offset" < $4 GROUP BY tenant_id, key),
     gone AS (
       DELETE FROM event_record r USING newest n
       WHERE r.compacted AND r.topic = $1 AND r.partition = $2 AND r.tenant_id = n.tenant_id AND r.key = n.key
         AND r."offset" < n."offset"
       RETURNING r.size)
     SELECT coalesce(sum(size), 0) AS bytes FROM gone`,
    [topic.name, partition, row.chunk_from, row.chunk_to],
  );
  await tx.query(
    `UPDATE event_partition SET compacted_to = $3, bytes = greatest(bytes - $4::bigint, 0) WHERE topic = $1 AND partition = $2`,
    [topic.name, partition, row.chunk_to, removed[0]?.bytes ?? 0],
  );
  return Number(row.records) === CHUNK;
}
