import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What it takes for the log's tables to be the outbox of a log elsewhere: how far it is shipped, and applied. */
export class EventLogOutbox1610000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_position ADD COLUMN outbox_offset bigint NOT NULL DEFAULT -1`);
    await runner.query(`
      CREATE TABLE event_relay (
        topic text NOT NULL,
        partition int NOT NULL,
        position bigint NOT NULL DEFAULT 0,
        log_offset bigint NOT NULL DEFAULT 0,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (topic, partition)
      ) WITH (fillfactor = 50)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE event_relay');
    await runner.query('ALTER TABLE event_position DROP COLUMN outbox_offset');
  }
}
