import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CatalogUpdates1795400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE catalog_file ADD COLUMN source text NOT NULL DEFAULT 'shipped'`);
    await runner.query(`
      CREATE TABLE catalog_version (
        version text COLLATE "C" PRIMARY KEY,
        source text NOT NULL,
        body bytea NOT NULL,
        loaded_at timestamptz NOT NULL,
        withdrawn boolean NOT NULL DEFAULT false
      )`);
    await runner.query(`
      CREATE TABLE catalog_barrier (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        version text COLLATE "C" NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE refused_update (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        file text NOT NULL,
        version text NOT NULL,
        code text NOT NULL,
        reason text NOT NULL,
        refused_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE refused_update, catalog_barrier, catalog_version');
    await runner.query('ALTER TABLE catalog_file DROP COLUMN source');
  }
}
