import { Inject, Injectable } from '@nestjs/common';
import type { PageRequest } from '#contracts';
import { Database } from '#database';
import { secretMessage, type SecretRow } from './enrolment.store.js';
import { pageOf, paged } from './page.js';

/** What is asked about enrolment secrets. */
@Injectable()
export class EnrolmentViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Secrets, newest first: their ids sort by the time they were made. */
  async list(tenantId: string, request: PageRequest | undefined) {
    const { first, after } = pageOf(request, 'secrets', 1);
    const rows = await this.database.query<SecretRow>(
      `SELECT * FROM enrolment_secret WHERE tenant_id = $1 AND ($2::text IS NULL OR secret_id < $2)
       ORDER BY secret_id DESC LIMIT $3`,
      [tenantId, after?.[0] ?? null, first + 1],
    );
    const total = await this.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM enrolment_secret WHERE tenant_id = $1',
      [tenantId],
    );
    return paged(rows, first, total[0]?.count ?? 0, 'secrets', (row) => [row.secret_id], secretMessage);
  }
}
