import type { MigrationInterface, QueryRunner } from 'typeorm';

export class InitGateway1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tenant (
        tenant_id text PRIMARY KEY,
        name text NOT NULL,
        support_url text NOT NULL,
        created_at timestamptz(3) NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE api_token (
        tenant_id text NOT NULL REFERENCES tenant,
        token_id uuid PRIMARY KEY,
        name text NOT NULL,
        roles text[] NOT NULL,
        secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
        created_at timestamptz(3) NOT NULL,
        created_by text NOT NULL,
        expires_at timestamptz(3),
        revoked_at timestamptz(3)
      )`);
    await runner.query('CREATE INDEX api_token_of_tenant ON api_token (tenant_id, token_id DESC)');
    await runner.query(`
      CREATE TABLE audit_log (
        tenant_id text NOT NULL,
        sequence bigint NOT NULL,
        operation_id uuid NOT NULL,
        phase text NOT NULL CHECK (phase IN ('started', 'ended')),
        at timestamptz(3) NOT NULL,
        actor_kind text NOT NULL,
        actor_id text NOT NULL,
        actor_name text NOT NULL,
        operation text NOT NULL,
        target text NOT NULL,
        arguments jsonb NOT NULL,
        outcome text NOT NULL,
        error_code text NOT NULL,
        correlation_id text NOT NULL,
        hash bytea NOT NULL,
        PRIMARY KEY (tenant_id, sequence),
        UNIQUE (operation_id, phase)
      )`);
    await runner.query(
      `CREATE INDEX audit_log_by_operation ON audit_log (tenant_id, operation, sequence DESC) WHERE phase = 'started'`,
    );
    await runner.query(
      `CREATE INDEX audit_log_by_actor ON audit_log (tenant_id, actor_id, sequence DESC) WHERE phase = 'started'`,
    );
    await runner.query(`
      CREATE TABLE audit_head (
        tenant_id text PRIMARY KEY,
        sequence bigint NOT NULL,
        hash bytea NOT NULL
      )`);
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit_log, audit_head, api_token, tenant');
    await runner.query('DROP FUNCTION refuse_audit_change()');
  }
}
