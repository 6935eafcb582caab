import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import type { LogUploadSchema } from '#contracts';
import { Database } from '#database';
import type { UploadTally } from './domain/upload-tally.js';

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

  /** Notes what became of an upload's lines; of one that is finished already nothing changes. */
  async finish(
    tenantId: string,
    id: string,
    tally: UploadTally,
    end: { contentHash: string; finishedAt: Date },
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
      const rows = await tx.query<UploadRow>('SELECT * FROM log_upload WHERE tenant_id = $1 AND upload_id = $2', [
        tenantId,
        id,
      ]);
      return uploadOf(rows[0] as UploadRow);
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
