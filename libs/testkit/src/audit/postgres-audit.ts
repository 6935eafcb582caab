import pg from 'pg';

/** A partition of an outbox whose records have not all reached the log. */
export interface UnshippedLane {
  readonly schema: string;
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
}

/** A record that a consumer group has put aside because it kept failing. */
export interface Parked {
  readonly schema: string;
  readonly group: string;
  readonly topic: string;
  readonly offset: string;
  readonly error: string;
}

const SCHEMAS = ['gateway', 'catalog', 'telemetry', 'policy', 'blocklist', 'correlator'];

/** Looks into the database past the product: what an auditor sees who trusts none of its answers. Reads only. */
export class PostgresAudit {
  private constructor(private readonly client: pg.Client) {}

  static async open(url: string): Promise<PostgresAudit> {
    const client = new pg.Client({ connectionString: url });
    // A server that goes away while nothing is asked shows when something is.
    client.on('error', () => undefined);
    await client.connect();
    return new PostgresAudit(client);
  }

  /** What is still in the outboxes, as far as it was never shipped. */
  async unshipped(): Promise<UnshippedLane[]> {
    return this.ofAll<UnshippedLane>(
      (schema) => `
        SELECT '${schema}' AS schema, p.topic, p.partition, (p.next_offset - coalesce(r.position, 0))::int AS records
        FROM ${schema}.event_partition p LEFT JOIN ${schema}.event_relay r USING (topic, partition)
        WHERE p.next_offset <> coalesce(r.position, 0)`,
    );
  }

  async parked(): Promise<Parked[]> {
    return this.ofAll<Parked>(
      (schema) => `
        SELECT '${schema}' AS schema, group_name AS group, topic, "offset"::text AS offset, error
        FROM ${schema}.event_parked`,
    );
  }

  /** Which numbers of each source of batches were counted, as half-open ranges in Postgres' own text. */
  async countedSequences(): Promise<Map<string, string>> {
    const { rows } = await this.client.query<{ source_id: string; seen: string }>(
      'SELECT source_id, seen::text AS seen FROM telemetry.source_sequence',
    );
    return new Map(rows.map((row) => [row.source_id, row.seen]));
  }

  async close(): Promise<void> {
    await this.client.end();
  }

  private async ofAll<T>(statement: (schema: string) => string): Promise<T[]> {
    const { rows } = await this.client.query(SCHEMAS.map(statement).join(' UNION ALL '));
    return rows as T[];
  }
}
