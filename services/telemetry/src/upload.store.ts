import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import type { LogUploadSchema } from '#contracts';
import { Database } from '#database';
import type { UploadTally } from './domain/upload-tally.js';
import { uploadIdReused } from './telemetry.errors.js';

/** A log file that was uploaded, or is being. */
export interface StoredUpload {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly lines: number;
  readonly accepted: number;
  readonly skipped: number;
  readonly skipReasons: readonly { reason: string; count: number }[];
  readonly samples: readonly { line: number; reason: string; sample: string }[];
  readonly startedAt: Date;
  readonly finishedAt: Date | undefined;
  readonly uploadedBy: string;
  /** SHA-256 of the file as it was sent, in hex; empty until it is finished. */
  readonly contentHash: string;
}

export interface UploadRow {
  upload_id: string;
  name: string;
  format: string;
  lines: string;
  accepted: string;
  skipped: string;
  skip_reasons: StoredUpload['skipReasons'];
  samples: StoredUpload['samples'];
  content_hash: string;
  started_at: Date;
  finished_at: Date | null;
  uploaded_by: string;
}

/** Writes uploads. */
@Injectable()
export class UploadStore {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Begins an upload, or finds the one of this id that was begun before. */
  async begin(
    tenantId: string,
    upload: Pick<StoredUpload, 'id' | 'name' | 'format' | 'startedAt' | 'uploadedBy'>,
  ): Promise<StoredUpload> {
    return this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO log_upload (tenant_id, upload_id, name, format, started_at, uploaded_by)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
        [tenantId, upload.id, upload.name, upload.format, upload.startedAt, upload.uploadedBy],
      );
      const rows = await tx.query<UploadRow>('SELECT * FROM log_upload WHERE tenant_id = $1 AND upload_id = $2', [
        tenantId,
        upload.id,
      ]);
      return uploadOf(rows[0] as UploadRow);
    });
  }

  async find(tenantId: string, id: string): Promise<StoredUpload | undefined> {
    const sql = 'SELECT * FROM log_upload WHERE tenant_id = $1 AND upload_id = $2';
    const rows = await this.database.query<UploadRow>(sql, [tenantId, id]);
    return rows[0] && uploadOf(rows[0]);
  }

  /**
   * Notes what a chunk of an upload is made of, before it is published: another content can then no longer take its
   * number. @returns whether it may be published; not where the upload is finished already
   * @throws DomainError `telemetry.upload-id-reused` where the number was taken by another content
   */
  async claimChunk(tenantId: string, id: string, sequence: bigint, hash: Buffer): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const open = await tx.query(
        'SELECT 1 FROM log_upload WHERE tenant_id = $1 AND upload_id = $2 AND finished_at IS NULL FOR SHARE',
        [tenantId, id],
      );
      if (open.length === 0) return false;
      const inserted = await tx.query(
        `INSERT INTO upload_chunk (tenant_id, upload_id, sequence, content_hash) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING RETURNING 1`,
        [tenantId, id, sequence, hash],
      );
      if (inserted.length > 0) return true;
      const same = await tx.query(
        `SELECT 1 FROM upload_chunk WHERE tenant_id = $1 AND upload_id = $2 AND sequence = $3 AND content_hash = $4`,
        [tenantId, id, sequence, hash],
      );
      if (same.length === 0) throw uploadIdReused();
      return true;
    });
  }

  /**
   * Notes what became of an upload's lines; of one that is finished already nothing changes.
   *
   * @throws DomainError `telemetry.upload-id-reused` where more chunks than these were taken under its id, or where it
   * was finished with another content meanwhile
   */
  async finish(
    tenantId: string,
    id: string,
    tally: UploadTally,
    end: { contentHash: string; finishedAt: Date; chunks: bigint },
  ): Promise<StoredUpload> {
    return this.database.transaction(async (tx) => {
      await tx.query(
        `UPDATE log_upload SET lines = $3, accepted = $4, skipped = $5, skip_reasons = $6::jsonb, samples = $7::jsonb,
           content_hash = $8, finished_at = $9
         WHERE tenant_id = $1 AND upload_id = $2 AND finished_at IS NULL`,
        [
          tenantId,
          id,
          tally.lines,
          tally.accepted,
          tally.skipped,
          JSON.stringify(tally.skipReasons),
          JSON.stringify(tally.samples),
          end.contentHash,
          end.finishedAt,
        ],
      );
      // The hash of the whole takes their place.
      await tx.query('DELETE FROM upload_chunk WHERE tenant_id = $1 AND upload_id = $2 AND sequence <= $3', [
        tenantId,
        id,
        end.chunks,
      ]);
      const beyond = 'SELECT 1 FROM upload_chunk WHERE tenant_id = $1 AND upload_id = $2 LIMIT 1';
      if ((await tx.query(beyond, [tenantId, id])).length > 0) throw uploadIdReused();
      const rows = await tx.query<UploadRow>('SELECT * FROM log_upload WHERE tenant_id = $1 AND upload_id = $2', [
        tenantId,
        id,
      ]);
      const upload = uploadOf(rows[0] as UploadRow);
      if (upload.contentHash !== end.contentHash) throw uploadIdReused();
      return upload;
    });
  }
}

export function uploadOf(row: UploadRow): StoredUpload {
  return {
    id: row.upload_id,
    name: row.name,
    format: row.format,
    lines: Number(row.lines),
    accepted: Number(row.accepted),
    skipped: Number(row.skipped),
    skipReasons: row.skip_reasons,
    samples: row.samples,
    startedAt: row.started_at,
    finishedAt: row.finished_at ?? undefined,
    uploadedBy: row.uploaded_by,
    contentHash: row.content_hash,
  };
}

/** The upload as the contract carries it. */
export function uploadMessage(upload: StoredUpload): MessageInitShape<typeof LogUploadSchema> {
  return {
    id: upload.id,
    name: upload.name,
    format: upload.format,
    lines: BigInt(upload.lines),
    accepted: BigInt(upload.accepted),
    skipped: BigInt(upload.skipped),
    skipReasons: upload.skipReasons.map(({ reason, count }) => ({ reason, count: BigInt(count) })),
    samples: upload.samples.map(({ line, reason, sample }) => ({ line: BigInt(line), reason, sample })),
    startedAt: timestampFromDate(upload.startedAt),
    finishedAt: upload.finishedAt ? timestampFromDate(upload.finishedAt) : undefined,
    uploadedBy: upload.uploadedBy,
  };
}
