import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';

/** The catalog that is loaded. */
export interface LoadedRow {
  readonly version: string;
  readonly content_hash: string;
  readonly loaded_at: Date;
  readonly source: string;
}

/** A catalog that was loaded once; `body` is its file, gzip. */
export interface VersionRow {
  readonly version: string;
  readonly source: string;
  readonly body: Buffer;
}

export interface RefusalRow {
  readonly file: string;
  readonly version: string;
  readonly code: string;
  readonly reason: string;
  readonly refused_at: Date;
}

/** How many catalogs are kept to go back to, the loaded one included; and as many that were withdrawn. */
const VERSIONS_KEPT = 3;

/** The catalogs that were loaded, and what became of update files. */
@Injectable()
export class UpdateStore {
  async loaded(tx: Tx): Promise<LoadedRow | undefined> {
    return (await tx.query<LoadedRow>('SELECT version, content_hash, loaded_at, source FROM catalog_file'))[0];
  }

  async countApps(tx: Tx): Promise<number> {
    const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS count FROM app WHERE tenant_id = ''`);
    return row?.count ?? 0;
  }

  /** The newest catalog that was loaded, is older than `version` and was not withdrawn. */
  async before(tx: Tx, version: string): Promise<VersionRow | undefined> {
    const [row] = await tx.query<VersionRow>(
      `SELECT version, source, body FROM catalog_version WHERE version < $1 AND NOT withdrawn
       ORDER BY version DESC LIMIT 1`,
      [version],
    );
    return row;
  }

  async version(tx: Tx, version: string): Promise<VersionRow | undefined> {
    const [row] = await tx.query<VersionRow>('SELECT version, source, body FROM catalog_version WHERE version = $1', [
      version,
    ]);
    return row;
  }

  /** Whether a catalog is kept, withdrawn or not. */
  async knows(tx: Tx, version: string): Promise<boolean> {
    return (await tx.query('SELECT 1 FROM catalog_version WHERE version = $1', [version])).length > 0;
  }

  /** Whether a catalog that is kept was rolled back. */
  async isWithdrawn(tx: Tx, version: string): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM catalog_version WHERE version = $1 AND withdrawn', [version]);
    return rows.length > 0;
  }

  /** Keeps a catalog to go back to, and lets the oldest go. */
  async keep(tx: Tx, { version, source, body }: VersionRow, now: Date): Promise<void> {
    await tx.query(
      `INSERT INTO catalog_version (version, source, body, loaded_at) VALUES ($1, $2, $3, $4)
       ON CONFLICT (version) DO UPDATE SET source = excluded.source, body = excluded.body`,
      [version, source, body, now],
    );
    await tx.query(
      `DELETE FROM catalog_version WHERE version NOT IN
         (SELECT version FROM (SELECT version, row_number() OVER (PARTITION BY withdrawn ORDER BY version DESC) AS place
          FROM catalog_version) placed WHERE place <= $1)
       AND version <> $2`,
      [VERSIONS_KEPT, version],
    );
  }

  /** Nothing up to this version is loaded any more; empty = no version was rolled back. */
  async barrier(tx: Tx): Promise<string> {
    return (await tx.query<{ version: string }>('SELECT version FROM catalog_barrier'))[0]?.version ?? '';
  }

  /** Nobody goes back to this version any more, and no version up to it is loaded from a file. */
  async withdraw(tx: Tx, version: string): Promise<void> {
    await tx.query('UPDATE catalog_version SET withdrawn = true WHERE version = $1', [version]);
    await tx.query(
      `INSERT INTO catalog_barrier (version) VALUES ($1)
       ON CONFLICT (one_row) DO UPDATE SET version = greatest(catalog_barrier.version, excluded.version)`,
      [version],
    );
  }

  async refusal(tx: Tx): Promise<RefusalRow | undefined> {
    return (await tx.query<RefusalRow>('SELECT file, version, code, reason, refused_at FROM refused_update'))[0];
  }

  async recordRefusal(tx: Tx, { file, version, code, reason, refused_at }: RefusalRow): Promise<void> {
    await tx.query(
      `INSERT INTO refused_update (file, version, code, reason, refused_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (one_row) DO UPDATE SET file = excluded.file, version = excluded.version, code = excluded.code,
         reason = excluded.reason, refused_at = excluded.refused_at`,
      [file, version, code, reason, refused_at],
    );
  }
}
