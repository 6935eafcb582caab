import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OwnWeights1795370000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE weighting (
        tenant_id text NOT NULL,
        version bigint NOT NULL,
        settings jsonb NOT NULL,
        as_defined boolean NOT NULL,
        set_by text NOT NULL,
        set_at timestamptz NOT NULL,
        state smallint NOT NULL,
        at_owner text NOT NULL,
        at_app text NOT NULL,
        apps_done integer NOT NULL,
        apps_total integer NOT NULL,
        moved integer NOT NULL,
        touched_at timestamptz NOT NULL,
        finished_at timestamptz,
        PRIMARY KEY (tenant_id, version)
      )`);
    await runner.query('CREATE INDEX weighting_unfinished ON weighting (touched_at) WHERE finished_at IS NULL');
    await runner.query(`
      CREATE TABLE tenant_score (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        score double precision,
        confidence double precision NOT NULL,
        weights_version bigint NOT NULL,
        version bigint NOT NULL,
        scored_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query('CREATE INDEX tenant_score_by_app ON tenant_score (app_id)');
    await runner.query('ALTER TABLE score_override ADD COLUMN expires_at timestamptz');
    await runner.query(
      'CREATE INDEX score_override_by_expiry ON score_override (expires_at) WHERE expires_at IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE score_override DROP COLUMN expires_at');
    await runner.query('DROP TABLE tenant_score, weighting');
  }
}
