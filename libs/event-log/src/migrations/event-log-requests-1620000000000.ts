import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What admins ask of parked records, and which topic a position belongs to: a topic made anew begins again at 0. */
export class EventLogRequests1620000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE event_position ADD COLUMN topic_id text NOT NULL DEFAULT ''`);
    await runner.query(`
      ALTER TABLE event_parked
        ADD COLUMN request text CHECK (request IN ('replay', 'drop')),
        ADD COLUMN requested_at timestamptz,
        ADD COLUMN requested_by text`);
    await runner.query(`CREATE INDEX event_parked_request ON event_parked (group_name) WHERE request IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE event_parked DROP COLUMN request, DROP COLUMN requested_at, DROP COLUMN requested_by',
    );
    await runner.query('ALTER TABLE event_position DROP COLUMN topic_id');
  }
}
