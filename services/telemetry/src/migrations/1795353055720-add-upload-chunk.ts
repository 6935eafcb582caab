import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was taken of uploads that are not finished: the same id with another content is told by it. */
export class AddUploadChunk1795353055720 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE upload_chunk (
        tenant_id text NOT NULL,
        upload_id text NOT NULL,
        sequence bigint NOT NULL,
        content_hash bytea NOT NULL,
        PRIMARY KEY (tenant_id, upload_id, sequence),
        FOREIGN KEY (tenant_id, upload_id) REFERENCES log_upload ON DELETE CASCADE
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE upload_chunk');
  }
}
