import type { MigrationInterface, QueryRunner } from 'typeorm';

const COUNTERS = `
  transactions bigint NOT NULL,
  bytes_up bigint NOT NULL,
  bytes_down bigint NOT NULL,
  blocked bigint NOT NULL,
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()`;

const TABLES = [
  `CREATE TABLE enrolment_secret (
    secret_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    device_group text NOT NULL,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    uses integer NOT NULL DEFAULT 0
  )`,
  'CREATE INDEX enrolment_secret_of_tenant ON enrolment_secret (tenant_id, secret_id)',
  `CREATE TABLE device (
    device_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    os text NOT NULL,
    device_group text NOT NULL,
    agent_version text NOT NULL,
    credential_hash bytea NOT NULL,
    enrolment_secret_id text NOT NULL,
    enrolled_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    revoked_at timestamptz
  )`,
  'CREATE INDEX device_by_name ON device (tenant_id, lower(name) COLLATE "C", device_id)',
  'CREATE INDEX device_usable ON device (tenant_id) WHERE revoked_at IS NULL',
  `CREATE TABLE source_sequence (
    tenant_id text NOT NULL,
    source_id text NOT NULL,
    seen int8multirange NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, source_id)
  )`,
  `CREATE TABLE discovered_app (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
  )`,
  `CREATE TABLE usage_daily (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    day date NOT NULL,
    entity_kind smallint NOT NULL,
    entity text COLLATE "C" NOT NULL,${COUNTERS},
    PRIMARY KEY (tenant_id, app_id, day, entity_kind, entity)
  ) WITH (fillfactor = 80)`,
  'CREATE INDEX usage_daily_by_day ON usage_daily (tenant_id, day)',
  'CREATE INDEX usage_daily_updated ON usage_daily USING brin (updated_at)',
  `CREATE TABLE unclaimed_host (
    tenant_id text NOT NULL,
    host text COLLATE "C" NOT NULL,
    registrable_domain text COLLATE "C" NOT NULL,
    generative_ai_hint text NOT NULL,
    claimed_by_app_id text NOT NULL DEFAULT '',${COUNTERS},
    PRIMARY KEY (tenant_id, host)
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX unclaimed_host_most_used ON unclaimed_host (tenant_id, transactions DESC, host DESC) WHERE claimed_by_app_id = ''`,
  'CREATE INDEX unclaimed_host_by_domain ON unclaimed_host (registrable_domain)',
  `CREATE INDEX unclaimed_host_claimed ON unclaimed_host (claimed_by_app_id) WHERE claimed_by_app_id <> ''`,
  `CREATE TABLE log_upload (
    tenant_id text NOT NULL,
    upload_id text NOT NULL,
    name text NOT NULL,
    format text NOT NULL,
    lines bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    skip_reasons jsonb NOT NULL DEFAULT '[]',
    samples jsonb NOT NULL DEFAULT '[]',
    content_hash text NOT NULL DEFAULT '',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    uploaded_by text NOT NULL,
    PRIMARY KEY (tenant_id, upload_id)
  )`,
  'CREATE INDEX log_upload_newest ON log_upload (tenant_id, started_at DESC, upload_id DESC)',
  `CREATE TABLE catalog_app (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    name text NOT NULL,
    category smallint NOT NULL,
    generative_ai boolean NOT NULL,
    score double precision,
    removed boolean NOT NULL,
    PRIMARY KEY (app_id, tenant_id)
  )`,
  `CREATE TABLE app_tag (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    tag smallint NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
  )`,
];

/** Devices, their batches' numbers, usage roll-ups, unclaimed hosts, uploads, and what is known of apps and tags. */
export class InitTelemetry1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE app_tag, catalog_app, log_upload, unclaimed_host, usage_daily, discovered_app, source_sequence,
       device, enrolment_secret`,
    );
  }
}
