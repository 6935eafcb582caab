import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The event log's tables, in the schema of every service: its own topics, and its positions in those of others. */
export class EventLogTables1600000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(LOG);
    await runner.query(APPEND);
    await runner.query(CONSUMERS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION event_append');
    await runner.query('DROP TABLE event_record, event_partition, event_position, event_parked');
  }
}

const LOG = `
  CREATE TABLE event_record (
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    tenant_id text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    id uuid NOT NULL,
    time timestamptz NOT NULL,
    correlation_id text NOT NULL,
    compacted boolean NOT NULL,
    size int NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
  );
  CREATE INDEX event_record_newest ON event_record (topic, partition, tenant_id, key, "offset") WHERE compacted;

  -- One row per partition, locked last in every transaction that appends to it: so offsets are in the order of commits.
  CREATE TABLE event_partition (
    topic text NOT NULL,
    partition int NOT NULL,
    first_offset bigint NOT NULL DEFAULT 0,
    next_offset bigint NOT NULL,
    compacted_to bigint NOT NULL DEFAULT 0,
    bytes bigint NOT NULL,
    PRIMARY KEY (topic, partition)
  ) WITH (fillfactor = 50);
`;

// All records of a call travel as one binary parameter and are cut up here. The caller sorts the lanes (topic,
// partition), so that two transactions never wait for each other in a circle.
const APPEND = `
  CREATE FUNCTION event_append(
    lane_topics text[], lane_partitions int[], lane_counts int[], lane_bytes bigint[], lane_compacted boolean[],
    record_lanes int[], record_places int[], tenants text[], keys text[], types text[], ids uuid[],
    correlations text[], starts int[], sizes int[], payloads bytea, appended_at timestamptz
  ) RETURNS bigint[] LANGUAGE plpgsql AS $$
  DECLARE
    next_offsets bigint[] := '{}';
    taken bigint;
  BEGIN
    FOR lane IN 1 .. cardinality(lane_topics) LOOP
      INSERT INTO event_partition AS p (topic, partition, next_offset, bytes)
      VALUES (lane_topics[lane], lane_partitions[lane], lane_counts[lane], lane_bytes[lane])
      ON CONFLICT (topic, partition) DO UPDATE
        SET next_offset = p.next_offset + excluded.next_offset, bytes = p.bytes + excluded.bytes
      RETURNING next_offset INTO taken;
      next_offsets := next_offsets || taken;
    END LOOP;
    INSERT INTO event_record
      (topic, partition, "offset", tenant_id, key, type, id, time, correlation_id, compacted, size, payload)
    SELECT lane_topics[r.lane], lane_partitions[r.lane], next_offsets[r.lane] - lane_counts[r.lane] + r.place,
           r.tenant, r.key, r.type, r.id, appended_at, r.correlation, lane_compacted[r.lane], r.size,
           substring(payloads FROM r.start FOR r.size)
    FROM unnest(record_lanes, record_places, tenants, keys, types, ids, correlations, starts, sizes)
      AS r(lane, place, tenant, key, type, id, correlation, start, size);
    RETURN next_offsets;
  END $$;
`;

const CONSUMERS = `
  CREATE TABLE event_position (
    group_name text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    position bigint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    member text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_name, topic, partition)
  ) WITH (fillfactor = 50);

  CREATE TABLE event_parked (
    group_name text NOT NULL,
    topic text NOT NULL,
    partition int NOT NULL,
    "offset" bigint NOT NULL,
    tenant_id text NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    id uuid NOT NULL,
    time timestamptz NOT NULL,
    correlation_id text NOT NULL,
    payload bytea NOT NULL,
    error text NOT NULL,
    attempts int NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_name, topic, partition, "offset")
  );
`;
