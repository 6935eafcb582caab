import { Injectable } from '@nestjs/common';
import type { App, MatchRule, Tag } from '#contracts';
import type { Tx } from '#database';

/** What an app of the catalog is called and how it is rated, as lists of discovered apps need it. */
export interface CatalogApp {
  readonly tenantId: string;
  readonly app: App;
  readonly removed: boolean;
  /** By what it is recognised from now on. */
  readonly rules: readonly MatchRule[];
}

export interface TagChange {
  readonly tenantId: string;
  readonly appId: string;
  readonly tag: Tag;
  readonly setAt: Date;
}

/** This service's copy of what it needs to know of apps and tags: events of catalog and policy keep it. */
@Injectable()
export class AppStore {
  /** Each app at most once. */
  async saveApps(tx: Tx, apps: readonly CatalogApp[]): Promise<void> {
    await tx.query(
      `INSERT INTO catalog_app (tenant_id, app_id, name, category, generative_ai, score, removed)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::boolean[], $6::double precision[], $7::boolean[])
       ON CONFLICT (app_id, tenant_id) DO UPDATE SET name = excluded.name, category = excluded.category,
         generative_ai = excluded.generative_ai, score = excluded.score, removed = excluded.removed`,
      [
        apps.map((each) => each.tenantId),
        apps.map((each) => each.app.id),
        apps.map((each) => each.app.name),
        apps.map((each) => each.app.category),
        apps.map((each) => each.app.generativeAi),
        apps.map((each) => each.app.score ?? null),
        apps.map((each) => each.removed),
      ],
    );
  }

  /** Each app at most once. */
  async saveTags(tx: Tx, changes: readonly TagChange[]): Promise<void> {
    await tx.query(
      `INSERT INTO app_tag (tenant_id, app_id, tag, set_at)
       SELECT * FROM unnest($1::text[], $2::text[], $3::smallint[], $4::timestamptz[])
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET tag = excluded.tag, set_at = excluded.set_at`,
      [
        changes.map((each) => each.tenantId),
        changes.map((each) => each.appId),
        changes.map((each) => each.tag),
        changes.map((each) => each.setAt.toISOString()),
      ],
    );
  }

  /**
   * Hosts in the bucket of unclaimed ones that an app may claim now, or claimed until now: those below the domains of
   * its rules, and those marked as its own. Of a global app in all tenants that have no record of their own of it, else
   * in its own; at most `limit`, locked.
   */
  async lockHostsOf(tx: Tx, app: CatalogApp, domains: readonly string[], limit: number): Promise<UnclaimedHostRow[]> {
    return tx.query<UnclaimedHostRow>(
      `SELECT tenant_id, host, claimed_by_app_id FROM unclaimed_host
       WHERE (registrable_domain = ANY($1) OR claimed_by_app_id = $2) AND ($3 = '' OR tenant_id = $3)
         AND ($3 <> '' OR NOT EXISTS (SELECT 1 FROM catalog_app own
           WHERE own.app_id = $2 AND own.tenant_id = unclaimed_host.tenant_id AND NOT own.removed))
       ORDER BY tenant_id, host LIMIT $4 FOR UPDATE`,
      [domains, app.app.id, app.tenantId, limit],
    );
  }

  /** Marks hosts as claimed by an app, or with an empty id as unclaimed again. */
  async claimHosts(tx: Tx, hosts: readonly UnclaimedHostRow[], appId: string): Promise<void> {
    await tx.query(
      `UPDATE unclaimed_host u SET claimed_by_app_id = $3 FROM unnest($1::text[], $2::text[]) AS n(tenant_id, host)
       WHERE u.tenant_id = n.tenant_id AND u.host = n.host`,
      [hosts.map((row) => row.tenant_id), hosts.map((row) => row.host), appId],
    );
  }
}

export interface UnclaimedHostRow {
  readonly tenant_id: string;
  readonly host: string;
  readonly claimed_by_app_id: string;
}
