import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AppSearch1795390000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    // What facets count: taken out of the facts once, when they are written.
    await runner.query(`
      ALTER TABLE app ADD COLUMN country text GENERATED ALWAYS AS
        (jsonb_path_query_first(facts, '$[*] ? (@.factorId == "headquarters").value') #>> '{}') STORED`);
    // Whether a factor is known is asked of every app; the facts themselves are wide.
    await runner.query(`
      ALTER TABLE app ADD COLUMN fact_ids jsonb GENERATED ALWAYS AS
        (jsonb_path_query_array(facts, '$[*].factorId')) STORED`);
    await runner.query('CREATE INDEX app_by_facts ON app USING gin (facts jsonb_path_ops)');
    // Counting and sorting reads this instead of whole apps, which are some ten times as wide.
    await runner.query(`
      CREATE INDEX app_in_short ON app (tenant_id, app_id)
      INCLUDE (name, category, ai_kind, generative_ai, score, confidence, updated_at, country)`);
    await runner.query(`
      CREATE TABLE saved_app_query (
        tenant_id text NOT NULL,
        query_id text NOT NULL,
        name text NOT NULL,
        query jsonb NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, query_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX saved_app_query_by_name ON saved_app_query (tenant_id, lower(name))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE saved_app_query');
    await runner.query('DROP INDEX app_in_short, app_by_facts');
    await runner.query('ALTER TABLE app DROP COLUMN fact_ids, DROP COLUMN country');
  }
}
