import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitCatalog1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SEQUENCE app_version');
    await runner.query(`
      CREATE TABLE app (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        name text NOT NULL,
        category smallint NOT NULL,
        ai_kind smallint NOT NULL,
        generative_ai boolean NOT NULL,
        vendor text NOT NULL,
        homepage text NOT NULL,
        description text NOT NULL,
        rules jsonb NOT NULL,
        facts jsonb NOT NULL,
        score double precision,
        confidence double precision NOT NULL,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query(`
      CREATE TABLE match_rule (
        tenant_id text NOT NULL,
        kind smallint NOT NULL,
        value text NOT NULL,
        path text NOT NULL,
        app_id text NOT NULL,
        PRIMARY KEY (tenant_id, kind, value, path),
        FOREIGN KEY (tenant_id, app_id) REFERENCES app ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX match_rule_by_value ON match_rule (value, tenant_id)');
    await runner.query('CREATE INDEX match_rule_by_app ON match_rule (tenant_id, app_id)');
    await runner.query(`
      CREATE TABLE score_override (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        score double precision NOT NULL,
        reason text NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        version bigint NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query('CREATE INDEX score_override_by_app ON score_override (app_id)');
    await runner.query(`
      CREATE TABLE catalog_file (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        version text NOT NULL,
        content_hash text NOT NULL,
        loaded_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE catalog_file, score_override, match_rule, app');
    await runner.query('DROP SEQUENCE app_version');
  }
}
