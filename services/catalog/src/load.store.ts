import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';

/** Which catalog file is loaded. */
@Injectable()
export class LoadStore {
  /** One instance loads at a time; the others wait here for each of its steps. */
  async lock(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('gnomon catalog load', 0))`);
  }

  /** Keeps loads out until the end of the transaction, and nobody else. */
  async lockShared(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock_shared(hashtextextended('gnomon catalog load', 0))`);
  }

  async loaded(tx: Tx): Promise<{ version: string; content_hash: string } | undefined> {
    return (
      await tx.query<{ version: string; content_hash: string }>('SELECT version, content_hash FROM catalog_file')
    )[0];
  }

  async markLoaded(
    tx: Tx,
    { version, contentHash, source }: { version: string; contentHash: string; source: string },
    now: Date,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO catalog_file (version, content_hash, loaded_at, source) VALUES ($1, $2, $3, $4)
       ON CONFLICT (one_row) DO UPDATE SET version = excluded.version, content_hash = excluded.content_hash,
         loaded_at = excluded.loaded_at, source = excluded.source`,
      [version, contentHash, now, source],
    );
  }

  /** Global apps that are not among these, a bounded number of them. */
  async globalAppsBeside(tx: Tx, ids: readonly string[], limit: number): Promise<string[]> {
    const rows = await tx.query<{ app_id: string }>(
      `SELECT app_id FROM app WHERE tenant_id = '' AND NOT app_id = ANY($1) ORDER BY app_id LIMIT $2`,
      [ids, limit],
    );
    return rows.map((row) => row.app_id);
  }
}
