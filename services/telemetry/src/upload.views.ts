import { Inject, Injectable } from '@nestjs/common';
import type { PageRequest } from '#contracts';
import { Database } from '#database';
import { microsOf, timeFrom } from './columns.js';
import { pageOf, paged } from './page.js';
import { uploadMessage, uploadOf, type UploadRow } from './upload.store.js';

type ListedRow = UploadRow & { started_micros: string };

/** What is asked about uploaded log files. */
@Injectable()
export class UploadViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Uploads, newest first. */
  async list(tenantId: string, request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 'uploads', 2);
    const rows = await this.database.query<ListedRow>(
      `SELECT *, ${microsOf('started_at')} AS started_micros FROM log_upload
       WHERE tenant_id = $1 AND ($2::bigint IS NULL OR (started_at, upload_id) < (${timeFrom('$2::bigint')}, $3))
       ORDER BY started_at DESC, upload_id DESC LIMIT $4`,
      [tenantId, numberOf(after?.[0]), after?.[1] ?? null, first + 1],
    );
    const total = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM log_upload WHERE tenant_id = $1',
      [tenantId],
    );
    return paged(
      rows,
      first,
      total[0]?.count ?? 0,
      'uploads',
      (row) => [row.started_micros, row.upload_id],
      (row) => uploadMessage(uploadOf(row)),
    );
  }
}

function numberOf(key: string | undefined): string | null {
  return key !== undefined && /^\d{1,18}$/.test(key) ? key : null;
}
