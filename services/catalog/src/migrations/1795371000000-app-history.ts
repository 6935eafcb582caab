import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AppHistory1795371000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE score_history (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        entry bigint GENERATED ALWAYS AS IDENTITY,
        at timestamptz NOT NULL,
        score_before double precision,
        score double precision,
        confidence double precision NOT NULL,
        cause smallint NOT NULL,
        cause_detail text NOT NULL,
        changed_factors jsonb NOT NULL,
        PRIMARY KEY (tenant_id, app_id, entry)
      )`);
    await runner.query('CREATE INDEX score_history_by_time ON score_history (at)');
    await runner.query(`
      CREATE TABLE app_change (
        tenant_id text NOT NULL,
        entry bigint GENERATED ALWAYS AS IDENTITY,
        app_id text NOT NULL,
        at timestamptz NOT NULL,
        kinds smallint[] NOT NULL,
        before jsonb,
        after jsonb,
        added_rules jsonb NOT NULL,
        removed_rules jsonb NOT NULL,
        changed_factors jsonb NOT NULL,
        cause smallint NOT NULL,
        cause_detail text NOT NULL,
        PRIMARY KEY (tenant_id, entry)
      )`);
    await runner.query('CREATE INDEX app_change_by_time ON app_change (at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE app_change, score_history');
  }
}
