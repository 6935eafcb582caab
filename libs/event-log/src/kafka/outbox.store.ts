import type { Database } from '#database';
import pg from 'pg';
import type { Topic } from '../topic-catalog.js';
import type { OutgoingRecord } from './outgoing-record.js';
import { messageOf } from '#kernel';

/** How far a partition's outbox is shipped. */
export interface RelayLane {
  readonly topic: Topic;
  readonly partition: number;
  /** The next outbox offset to ship. */
  position: bigint;
  /** Behind the last record that is known to be in the log. */
  logOffset: bigint;
  /** Where the outbox ends. */
  end: bigint;
}

export interface OutboxLimits {
  readonly lanes: number;
  readonly records: number;
  readonly bytes: number;
}

interface OutboxRow {
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
}

const QUERY_TIMEOUT_MS = 10_000;

/**
 * A service's outbox on a connection of its own, which holds the lock of the one relay. Everything goes over that
 * connection, so whoever has lost the lock can write nothing any more. A process that stands still is cut off by the
 * server, and with that loses the lock.
 */
export class OutboxStore {
  private alive: NodeJS.Timeout | undefined;
  private lost: string | undefined;

  private constructor(
    private readonly client: pg.Client,
    private readonly schema: string,
    stallMs: number,
  ) {
    client.on('error', (error) => (this.lost = messageOf(error)));
    client.on('end', () => (this.lost ??= 'the connection was closed'));
    this.alive = setInterval(() => void client.query('SELECT 1').catch(() => undefined), stallMs / 3);
    this.alive.unref();
  }

  /** @param stallMs after how many milliseconds of silence the server gives the lock to others */
  static async connect(database: Database, stallMs: number): Promise<OutboxStore> {
    const { options } = database.dataSource;
    if (options.type !== 'postgres' || !options.url)
      throw new Error('The outbox needs a Postgres data source with a URL.');
    const client = new pg.Client({
      connectionString: options.url,
      application_name: 'gnomon-event-log-relay',
      connectionTimeoutMillis: QUERY_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      // What a crash of the server forgets of this, the relay finds again in the log.
      options: `-c search_path=${database.schema} -c idle_session_timeout=${stallMs} -c synchronous_commit=off`,
    });
    const store = new OutboxStore(client, database.schema, stallMs);
    try {
      await client.connect();
      return store;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Whether this is the one relay of the service from now on. */
  async lock(): Promise<boolean> {
    const { rows } = await this.query<{ mine: boolean }>(
      `SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine`,
      [`gnomon event-log relay ${this.schema}`],
    );
    return rows[0]?.mine === true;
  }

  async lanes(topics: readonly Topic[]): Promise<RelayLane[]> {
    const lanes = topics.flatMap((topic) =>
      Array.from({ length: topic.partitions }, (_, partition) => ({ topic, partition })),
    );
    const names = [lanes.map(({ topic }) => topic.name), lanes.map(({ partition }) => partition)];
    await this.query(
      `INSERT INTO event_relay (topic, partition) SELECT * FROM unnest($1::text[], $2::int[]) ON CONFLICT DO NOTHING`,
      names,
    );
    const { rows } = await this.query<{ position: string; log_offset: string; next_offset: string }>(
      `SELECT r.position, r.log_offset, coalesce(p.next_offset, 0) AS next_offset
       FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS l(topic, partition, nr)
       JOIN event_relay r USING (topic, partition) LEFT JOIN event_partition p USING (topic, partition) ORDER BY l.nr`,
      names,
    );
    return rows.map((row, index) => ({
      ...lanes[index]!,
      position: BigInt(row.position),
      logOffset: BigInt(row.log_offset),
      end: BigInt(row.next_offset),
    }));
  }

  /** What is to be shipped next of some partitions, in order. */
  async read(lanes: readonly RelayLane[], limits: OutboxLimits): Promise<Map<RelayLane, OutgoingRecord[]>> {
    const { rows } = await this.query<OutboxRow>(
      `SELECT l.topic, l.partition, r.* FROM unnest($1::text[], $2::int[], $3::bigint[]) AS l(topic, partition, position),
       LATERAL (
         SELECT "offset", tenant_id, key, type, id, time, correlation_id, payload
         FROM (SELECT *, sum(size) OVER (ORDER BY "offset") - size AS before FROM event_record e
               WHERE e.topic = l.topic AND e.partition = l.partition AND e."offset" >= l.position
               ORDER BY "offset" LIMIT $4) chunk
         WHERE before < $5) r
       ORDER BY l.topic, l.partition, r."offset"`,
      [
        lanes.map(({ topic }) => topic.name),
        lanes.map(({ partition }) => partition),
        lanes.map(({ position }) => String(position)),
        limits.records,
        limits.bytes,
      ],
    );
    const records = new Map<RelayLane, OutgoingRecord[]>(lanes.map((lane) => [lane, []]));
    for (const row of rows) {
      const lane = lanes.find((each) => each.topic.name === row.topic && each.partition === row.partition)!;
      records.get(lane)!.push(recordOf(lane, row));
    }
    return records;
  }

  /** Remembers what is shipped and removes it from the outbox. */
  async shipped(lanes: readonly RelayLane[]): Promise<void> {
    await this.query(
      `WITH done AS (SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS d(topic, partition, position, log_offset)),
       moved AS (UPDATE event_relay r SET position = d.position, log_offset = d.log_offset, updated_at = now()
                 FROM done d WHERE r.topic = d.topic AND r.partition = d.partition)
       DELETE FROM event_record e USING done d
       WHERE e.topic = d.topic AND e.partition = d.partition AND e."offset" < d.position`,
      [
        lanes.map(({ topic }) => topic.name),
        lanes.map(({ partition }) => partition),
        lanes.map(({ position }) => String(position)),
        lanes.map(({ logOffset }) => String(logOffset)),
      ],
    );
  }

  /** @throws if the connection, and with it the lock, is lost */
  checkConnection(): void {
    if (this.lost) throw new Error(`The relay has lost its connection: ${this.lost}`);
  }

  async close(): Promise<void> {
    clearInterval(this.alive);
    await this.client.end().catch(() => undefined);
  }

  private async query<Row extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<pg.QueryResult<Row>> {
    this.checkConnection();
    return this.client.query<Row>(sql, values);
  }
}

function recordOf(lane: RelayLane, row: OutboxRow): OutgoingRecord {
  return {
    topic: lane.topic,
    partition: lane.partition,
    tenantId: row.tenant_id,
    key: row.key,
    type: row.type,
    id: row.id,
    time: row.time,
    correlationId: row.correlation_id,
    payload: row.payload,
    outboxOffset: BigInt(row.offset),
  };
}
