import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a tenant lays over apps: notes, labels, hosts it assigned, owners; and which hosts it does not want suggested. */
export class CatalogAdmin1795380000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE app_overlay (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        rules jsonb NOT NULL,
        label_ids text[] NOT NULL,
        owner text NOT NULL,
        version bigint NOT NULL,
        updated_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query('CREATE INDEX app_overlay_by_app ON app_overlay (app_id)');
    await runner.query(`
      CREATE TABLE host_assignment (
        tenant_id text NOT NULL,
        kind smallint NOT NULL,
        value text COLLATE "C" NOT NULL,
        app_id text NOT NULL,
        assigned_by text NOT NULL,
        assigned_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, value, kind)
      )`);
    await runner.query('CREATE INDEX host_assignment_by_app ON host_assignment (app_id, tenant_id)');
    await runner.query(`
      CREATE TABLE app_label (
        tenant_id text NOT NULL,
        label_id text NOT NULL,
        name text NOT NULL,
        colour text NOT NULL,
        description text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, label_id)
      )`);
    await runner.query('CREATE UNIQUE INDEX app_label_name ON app_label (tenant_id, (lower(name) COLLATE "C"))');
    await runner.query(`
      CREATE TABLE labelled_app (
        tenant_id text NOT NULL,
        label_id text NOT NULL,
        app_id text NOT NULL,
        PRIMARY KEY (tenant_id, label_id, app_id),
        FOREIGN KEY (tenant_id, label_id) REFERENCES app_label ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX labelled_app_by_app ON labelled_app (app_id, tenant_id)');
    await runner.query(`
      CREATE TABLE app_note (
        tenant_id text NOT NULL,
        note_id text COLLATE "C" NOT NULL,
        app_id text NOT NULL,
        text text NOT NULL,
        author text NOT NULL,
        created_at timestamptz NOT NULL,
        edited_by text NOT NULL,
        edited_at timestamptz,
        PRIMARY KEY (tenant_id, note_id)
      )`);
    await runner.query('CREATE INDEX app_note_by_app ON app_note (tenant_id, app_id, note_id)');
    await runner.query(`
      CREATE TABLE dismissed_host (
        tenant_id text NOT NULL,
        host text COLLATE "C" NOT NULL,
        dismissed_by text NOT NULL,
        dismissed_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, host)
      )`);
    // Suggestions look for apps below the same registrable domain, and for apps of the same name.
    await runner.query('CREATE INDEX match_rule_below ON match_rule ((reverse(value) COLLATE "C"))');
    // Few rules are address ranges; a lookup of an address asks all of them.
    await runner.query('CREATE INDEX match_rule_ranges ON match_rule (tenant_id) WHERE kind = 7');
    await runner.query(`CREATE INDEX app_by_plain_name ON app ((regexp_replace(lower(name), '[^a-z0-9]', '', 'g')))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX app_by_plain_name, match_rule_ranges, match_rule_below');
    await runner.query('DROP TABLE dismissed_host, app_note, labelled_app, app_label, host_assignment, app_overlay');
  }
}
