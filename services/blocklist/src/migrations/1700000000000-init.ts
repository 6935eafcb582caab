import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitBlocklist1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE app, app_tag, device, delivery, device_group, revision, content, compilation, pending, signing_key',
    );
  }
}

const STATEMENTS = [
  // The catalog, as far as blocking needs it; tenant_id is empty for the global catalog. rules: [[kind, value, path], …]
  `CREATE TABLE app (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    name text NOT NULL,
    rules jsonb NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
  )`,
  `CREATE TABLE app_tag (
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    tag smallint NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
  )`,
  'CREATE INDEX app_tag_by_app ON app_tag (app_id, tenant_id)',
  `CREATE TABLE device (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    group_name text NOT NULL,
    revoked boolean NOT NULL,
    PRIMARY KEY (tenant_id, device_id)
  )`,
  'CREATE INDEX device_by_group ON device (tenant_id, group_name, device_id)',
  // How far each device is with the lists of a group. Revision 0 = none.
  `CREATE TABLE delivery (
    tenant_id text NOT NULL,
    device_id text NOT NULL,
    group_name text NOT NULL,
    delivered_revision bigint NOT NULL,
    delivered_at timestamptz,
    applied_revision bigint NOT NULL,
    applied_at timestamptz,
    failed_revision bigint NOT NULL,
    error text NOT NULL,
    as_of timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, device_id, group_name)
  )`,
  // revision: the newest one published, 0 = none yet.
  `CREATE TABLE device_group (
    tenant_id text NOT NULL,
    group_name text NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, group_name)
  )`,
  `CREATE TABLE revision (
    tenant_id text NOT NULL,
    group_name text NOT NULL,
    revision bigint NOT NULL,
    content_hash bytea NOT NULL,
    manifest bytea NOT NULL,
    signature bytea NOT NULL,
    key_id text NOT NULL,
    block_rules integer NOT NULL,
    warn_rules integer NOT NULL,
    published_at timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, group_name, revision)
  )`,
  'CREATE INDEX revision_by_issue ON revision (issued_at)',
  'CREATE INDEX revision_by_content ON revision (tenant_id, content_hash)',
  // Groups with the same list share its bytes.
  `CREATE TABLE content (
    tenant_id text NOT NULL,
    content_hash bytea NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (tenant_id, content_hash)
  )`,
  // conflicts: a serialised ListConflictsResponse.
  `CREATE TABLE compilation (
    tenant_id text PRIMARY KEY,
    conflicts bytea NOT NULL,
    conflict_count integer NOT NULL
  )`,
  // Tenants whose tags, rules or groups changed since their lists were compiled.
  'CREATE TABLE pending (tenant_id text PRIMARY KEY)',
  // One row: the installation's key. sealed_private_key: PKCS #8, encrypted by the kernel's secret box.
  `CREATE TABLE signing_key (
    is_current boolean PRIMARY KEY CHECK (is_current),
    key_id text NOT NULL,
    public_key bytea NOT NULL,
    sealed_private_key bytea NOT NULL,
    created_at timestamptz NOT NULL
  )`,
];
