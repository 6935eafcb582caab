import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitPolicy1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE policy (
        tenant_id text NOT NULL,
        policy_id text NOT NULL,
        name text NOT NULL,
        description text NOT NULL,
        severity smallint NOT NULL,
        filter jsonb NOT NULL,
        scope smallint NOT NULL,
        action smallint NOT NULL,
        alert boolean NOT NULL,
        enabled boolean NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, policy_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX policy_name ON policy (tenant_id, lower(name))');
    await runner.query('CREATE SEQUENCE app_revision');
    await runner.query(`
      CREATE TABLE app (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        name text NOT NULL,
        category smallint NOT NULL,
        ai_kind smallint NOT NULL,
        generative_ai boolean NOT NULL,
        score double precision,
        removed boolean NOT NULL,
        revision bigint NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query('CREATE INDEX app_by_revision ON app (tenant_id, revision)');
    await runner.query(`
      CREATE TABLE discovered_app (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        first_seen_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query(`
      CREATE TABLE policy_match (
        tenant_id text NOT NULL,
        policy_id text NOT NULL,
        app_id text NOT NULL,
        matched_at timestamptz NOT NULL,
        matched_values jsonb NOT NULL,
        PRIMARY KEY (tenant_id, policy_id, app_id)
      )`);
    await runner.query('CREATE INDEX policy_match_by_app ON policy_match (tenant_id, app_id)');
    await runner.query(`
      CREATE TABLE app_tag (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        manual_tag smallint,
        manual_by text,
        manual_reason text,
        tag smallint NOT NULL,
        policy_id text NOT NULL,
        policy_name text NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        reason text NOT NULL,
        matched_values jsonb NOT NULL,
        overruled_policy_ids jsonb NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query('CREATE INDEX app_tag_by_tag ON app_tag (tenant_id, tag, app_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE app_tag, policy_match, discovered_app, app, policy');
    await runner.query('DROP SEQUENCE app_revision');
  }
}
