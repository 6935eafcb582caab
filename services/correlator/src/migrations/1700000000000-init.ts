import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitCorrelator1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await this.alerts(runner);
    await this.incidents(runner);
    await this.surroundings(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      `DROP TABLE alert, alert_entity, incident, incident_entity, incident_comment, incident_history,
                  blocked_attempt, app, device`,
    );
  }

  private async alerts(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE alert (
        tenant_id text NOT NULL,
        alert_id text NOT NULL,
        key text NOT NULL,
        kind smallint NOT NULL,
        severity smallint NOT NULL,
        title text NOT NULL,
        description text NOT NULL,
        first_activity_at timestamptz NOT NULL,
        last_activity_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL,
        occurrences bigint NOT NULL,
        incident_id text NOT NULL,
        link_reason text NOT NULL,
        policy_id text NOT NULL,
        PRIMARY KEY (tenant_id, alert_id)
      )`);
    await runner.query('CREATE INDEX alert_by_key ON alert (tenant_id, md5(key), last_activity_at)');
    await runner.query('CREATE INDEX alert_by_incident ON alert (tenant_id, incident_id, alert_id)');
    await runner.query(`
      CREATE TABLE alert_entity (
        tenant_id text NOT NULL,
        alert_id text NOT NULL,
        kind smallint NOT NULL,
        entity_id text NOT NULL,
        name text NOT NULL,
        links boolean NOT NULL,
        actor text NOT NULL,
        first_activity_at timestamptz NOT NULL,
        last_activity_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, alert_id, kind, entity_id)
      )`);
    await runner.query(
      'CREATE INDEX alert_entity_in_time ON alert_entity (tenant_id, kind, entity_id, last_activity_at)',
    );
  }

  private async incidents(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE incident (
        tenant_id text NOT NULL,
        incident_id text NOT NULL,
        title text NOT NULL,
        title_by_hand boolean NOT NULL,
        severity smallint NOT NULL,
        status smallint NOT NULL,
        assignee text NOT NULL,
        classification smallint NOT NULL,
        determination smallint NOT NULL,
        kinds smallint[] NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        first_activity_at timestamptz NOT NULL,
        last_activity_at timestamptz NOT NULL,
        alert_count integer NOT NULL,
        version bigint NOT NULL,
        redirect_incident_id text NOT NULL,
        PRIMARY KEY (tenant_id, incident_id)
      )`);
    await runner.query('CREATE INDEX incident_by_age ON incident (greatest(last_activity_at, updated_at))');
    await runner.query(
      `CREATE INDEX incident_by_redirect ON incident (tenant_id, redirect_incident_id) WHERE redirect_incident_id <> ''`,
    );
    await runner.query(`
      CREATE TABLE incident_entity (
        tenant_id text NOT NULL,
        incident_id text NOT NULL,
        kind smallint NOT NULL,
        entity_id text NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (tenant_id, incident_id, kind, entity_id)
      )`);
    await runner.query(`
      CREATE TABLE incident_comment (
        tenant_id text NOT NULL,
        comment_id text NOT NULL,
        incident_id text NOT NULL,
        author text NOT NULL,
        text text NOT NULL,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, comment_id)
      )`);
    await runner.query(
      'CREATE INDEX incident_comment_by_incident ON incident_comment (tenant_id, incident_id, comment_id)',
    );
    await runner.query(`
      CREATE TABLE incident_history (
        tenant_id text NOT NULL,
        note_id text NOT NULL,
        incident_id text NOT NULL,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        text text NOT NULL,
        PRIMARY KEY (tenant_id, note_id)
      )`);
    await runner.query(
      'CREATE INDEX incident_history_by_incident ON incident_history (tenant_id, incident_id, note_id)',
    );
  }

  private async surroundings(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE blocked_attempt (
        tenant_id text NOT NULL,
        attempt_id text NOT NULL,
        actor text NOT NULL,
        app_id text NOT NULL,
        first_at timestamptz NOT NULL,
        last_at timestamptz NOT NULL,
        count bigint NOT NULL,
        recorded_at timestamptz NOT NULL,
        PRIMARY KEY (tenant_id, attempt_id)
      )`);
    await runner.query('CREATE INDEX blocked_attempt_by_actor ON blocked_attempt (tenant_id, md5(actor), last_at)');
    await runner.query('CREATE INDEX blocked_attempt_by_age ON blocked_attempt (tenant_id, recorded_at)');
    await runner.query(`
      CREATE TABLE app (
        tenant_id text NOT NULL,
        app_id text NOT NULL,
        name text NOT NULL,
        generative_ai boolean NOT NULL,
        PRIMARY KEY (tenant_id, app_id)
      )`);
    await runner.query(`
      CREATE TABLE device (
        tenant_id text NOT NULL,
        device_id text NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (tenant_id, device_id)
      )`);
  }
}
