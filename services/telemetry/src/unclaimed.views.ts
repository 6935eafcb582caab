import type { MessageInitShape } from '@bufbuild/protobuf';
import { Inject, Injectable } from '@nestjs/common';
import type { PageRequest, UnclaimedHostSchema } from '#contracts';
import { Database } from '#database';
import { countOf, microsOf, timestampOf } from './columns.js';
import { pageOf, paged } from './page.js';
import { cursorInvalid } from './telemetry.errors.js';

interface HostRow {
  host: string;
  registrable_domain: string;
  generative_ai_hint: string;
  transactions: string;
  bytes_up: string;
  bytes_down: string;
  first_seen: string;
  last_seen: string;
}

const LISTED = `tenant_id = $1 AND claimed_by_app_id = '' AND (NOT $2::boolean OR generative_ai_hint <> '')`;

/** What is asked about hosts that no app claims. */
@Injectable()
export class UnclaimedViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Unclaimed hosts, most used first. Hosts that an app has come to claim are left out. */
  async list(tenantId: string, hintedOnly: boolean, request: PageRequest | undefined) {
    const list = `hosts:${hintedOnly}`;
    const { first, after } = pageOf(request, list, 2);
    if (after && !/^\d{1,18}$/.test(after[0] as string)) throw cursorInvalid();
    const rows = await this.database.query<HostRow>(
      `SELECT host, registrable_domain, generative_ai_hint, transactions, bytes_up, bytes_down,
         ${microsOf('first_seen_at')} AS first_seen, ${microsOf('last_seen_at')} AS last_seen
       FROM unclaimed_host
       WHERE ${LISTED} AND ($3::bigint IS NULL OR (transactions, host) < ($3, $4))
       ORDER BY transactions DESC, host DESC LIMIT $5`,
      [tenantId, hintedOnly, after?.[0] ?? null, after?.[1] ?? null, first + 1],
    );
    const total = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM unclaimed_host WHERE ${LISTED}`,
      [tenantId, hintedOnly],
    );
    return paged(rows, first, total[0]?.count ?? 0, list, (row) => [row.transactions, row.host], hostMessage);
  }
}

function hostMessage(row: HostRow): MessageInitShape<typeof UnclaimedHostSchema> {
  return {
    host: row.host,
    registrableDomain: row.registrable_domain,
    transactions: countOf(row.transactions),
    bytesUp: countOf(row.bytes_up),
    bytesDown: countOf(row.bytes_down),
    generativeAiHint: row.generative_ai_hint,
    firstSeenAt: timestampOf(row.first_seen),
    lastSeenAt: timestampOf(row.last_seen),
  };
}
