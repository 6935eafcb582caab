import { Inject, Injectable } from '@nestjs/common';
import type { PageRequest } from '#contracts';
import { Database } from '#database';
import { CatalogViews } from './catalog.views.js';
import type { AssignmentRow } from './assignment.store.js';
import { invalidField } from './catalog.errors.js';
import type { Rule } from './domain/app-record.js';
import { writeRule } from './domain/rule-normalise.js';
import { byRank, hostParts, namesOf, suggest, type Candidate, type Neighbours } from './domain/suggestion.js';
import type { NoteRow } from './note.store.js';
import { pageAsked, pageOf } from './page.js';
import type { DismissedRow } from './suggestion.store.js';

/** A row of `app_label`, and how many apps carry it. */
export interface LabelRow {
  readonly label_id: string;
  readonly name: string;
  readonly colour: string;
  readonly description: string;
  readonly created_at: Date;
  readonly apps: number;
}

interface NeighbourRow extends Rule {
  readonly app_id: string;
  readonly name: string;
}

const LABELS = `
  SELECT l.*, (SELECT count(*)::int FROM labelled_app x WHERE x.tenant_id = $1 AND x.label_id = l.label_id) AS apps
  FROM app_label l WHERE l.tenant_id = $1`;
/** Apps near one candidate that are looked at. */
const MAX_NEIGHBOURS = 20;

/** What admins ask about what they keep beside the apps: one method, one question. */
@Injectable()
export class AdminViews {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly catalog: CatalogViews,
  ) {}

  /** Notes about an app, newest first. */
  async notes(tenantId: string, appId: string, page: PageRequest | undefined) {
    const asked = pageAsked(page, 'notes');
    const rows = await this.database.query<NoteRow>(
      `SELECT * FROM app_note WHERE tenant_id = $1 AND app_id = $2 AND ($3::text IS NULL OR note_id < $3)
       ORDER BY note_id DESC LIMIT $4`,
      [tenantId, appId, asked.id ?? null, asked.first + 1],
    );
    const total = await this.count('app_note WHERE tenant_id = $1 AND app_id = $2', [tenantId, appId]);
    return pageOf(rows, asked, 'notes', total, (row) => ['', row.note_id]);
  }

  /** Labels by name. */
  async labels(tenantId: string, page: PageRequest | undefined) {
    const asked = pageAsked(page, 'labels');
    const rows = await this.database.query<LabelRow & { sort_key: string }>(
      `SELECT labels.*, lower(name) AS sort_key FROM (${LABELS}) labels
       WHERE $2::text IS NULL OR (lower(name) COLLATE "C", label_id) > ($2, $3)
       ORDER BY lower(name) COLLATE "C", label_id LIMIT $4`,
      [tenantId, asked.key ?? null, asked.id ?? null, asked.first + 1],
    );
    const total = await this.count('app_label WHERE tenant_id = $1', [tenantId]);
    return pageOf(rows, asked, 'labels', total, (row) => [row.sort_key, row.label_id]);
  }

  /** The labels of these ids, in that order; those that are not there are left out. */
  async labelsById(tenantId: string, ids: readonly string[]): Promise<LabelRow[]> {
    const rows = await this.database.query<LabelRow>(`${LABELS} AND l.label_id = ANY($2)`, [tenantId, ids]);
    const labels = new Map(rows.map((row) => [row.label_id, row]));
    return ids.map((id) => labels.get(id)).filter((label) => label !== undefined);
  }

  /** Assigned hosts by name, of one app or, with an empty id, of all. */
  async assignments(tenantId: string, appId: string, page: PageRequest | undefined) {
    const list = `assignments:${appId}`;
    const asked = pageAsked(page, list);
    const kind = asked.key ?? '0';
    if (!/^\d{1,4}$/.test(kind)) throw invalidField('page', 'after', 'That is no cursor of this list.');
    const rows = await this.database.query<AssignmentRow>(
      `SELECT * FROM host_assignment WHERE tenant_id = $1 AND ($2 = '' OR app_id = $2)
         AND ($3::text IS NULL OR (value, kind) > ($3, $4::int)) ORDER BY value, kind LIMIT $5`,
      [tenantId, appId, asked.id ?? null, Number(kind), asked.first + 1],
    );
    const where = `host_assignment WHERE tenant_id = $1 AND ($2 = '' OR app_id = $2)`;
    const total = await this.count(where, [tenantId, appId]);
    return pageOf(rows, asked, list, total, (row) => [String(row.kind), row.value]);
  }

  /** Dismissed hosts by name. */
  async dismissed(tenantId: string, page: PageRequest | undefined) {
    const asked = pageAsked(page, 'dismissed');
    const rows = await this.database.query<DismissedRow>(
      `SELECT * FROM dismissed_host WHERE tenant_id = $1 AND ($2::text IS NULL OR host > $2) ORDER BY host LIMIT $3`,
      [tenantId, asked.id ?? null, asked.first + 1],
    );
    const total = await this.count('dismissed_host WHERE tenant_id = $1', [tenantId]);
    return pageOf(rows, asked, 'dismissed', total, (row) => ['', row.host]);
  }

  /** A page of what to make of these hosts, most worth a look first. Claimed and dismissed ones are left out. */
  async suggestions(tenantId: string, candidates: readonly Candidate[], page: PageRequest | undefined) {
    const asked = pageAsked(page, 'suggestions');
    const hosts = candidates.map(({ host }) => host);
    const claims = await this.catalog.match(tenantId, hosts);
    const dismissed = await this.database.query<{ host: string }>(
      'SELECT host FROM dismissed_host WHERE tenant_id = $1 AND host = ANY($2)',
      [tenantId, hosts],
    );
    const silent = new Set(dismissed.map((row) => row.host));
    const open = candidates.filter(({ host }, at) => !claims[at] && !silent.has(host));
    const neighbours = await this.neighbours(tenantId, open);
    const all = open.map((candidate) => suggest(candidate, neighbours)).sort(byRank);
    const from = asked.id === undefined ? 0 : all.findIndex((each) => isAfter(each, asked.key ?? '', asked.id ?? ''));
    const rest = from < 0 ? [] : all.slice(from, from + asked.first + 1);
    return pageOf(rest, asked, 'suggestions', all.length, (each) => [each.rank.toString(), each.host]);
  }

  private async neighbours(tenantId: string, candidates: readonly Candidate[]): Promise<Neighbours> {
    const parts = candidates.map(({ host }) => hostParts(host)).filter((each) => each !== undefined);
    const domains = [...new Set(parts.map(({ domain }) => domain))];
    const names = [...new Set(parts.flatMap(({ word }) => namesOf(word)))];
    const near = await this.database.query<NeighbourRow & { domain: string }>(
      `SELECT d.domain, near.* FROM unnest($2::text[]) AS d(domain) CROSS JOIN LATERAL (
         SELECT DISTINCT ON (r.app_id) r.app_id, r.kind, r.value, r.path, a.name
         FROM match_rule r JOIN app a USING (tenant_id, app_id)
         WHERE reverse(r.value) COLLATE "C" >= reverse(d.domain) AND reverse(r.value) COLLATE "C" < reverse(d.domain) || '/'
           AND (r.value = d.domain OR r.value LIKE '%.' || d.domain) AND r.tenant_id IN ('', $1)
         ORDER BY r.app_id, r.value LIMIT ${MAX_NEIGHBOURS}) near`,
      [tenantId, domains],
    );
    const byDomain = new Map<string, { appId: string; name: string; rule: string }[]>();
    for (const row of near) {
      const there = byDomain.get(row.domain) ?? [];
      byDomain.set(row.domain, [...there, { appId: row.app_id, name: row.name, rule: writeRule(row) }]);
    }
    const named = await this.database.query<{ app_id: string; name: string; plain: string }>(
      `SELECT DISTINCT ON (plain) app_id, name, plain FROM (
         SELECT app_id, name, tenant_id, regexp_replace(lower(name), '[^a-z0-9]', '', 'g') AS plain FROM app
         WHERE regexp_replace(lower(name), '[^a-z0-9]', '', 'g') = ANY($2) AND tenant_id IN ('', $1)) named
       ORDER BY plain, tenant_id DESC, app_id`,
      [tenantId, names],
    );
    const byName = new Map(named.map((row) => [row.plain, { appId: row.app_id, name: row.name }]));
    return { byDomain, byName };
  }

  private async count(from: string, parameters: readonly unknown[]): Promise<number> {
    const rows = await this.database.query<{ count: number }>(`SELECT count(*)::int FROM ${from}`, [...parameters]);
    return rows[0]?.count ?? 0;
  }
}

/** Whether a suggestion comes after the place of a cursor. */
function isAfter(suggestion: { rank: bigint; host: string }, key: string, host: string): boolean {
  const rank = /^\d{1,40}$/.test(key) ? BigInt(key) : 0n;
  return suggestion.rank < rank || (suggestion.rank === rank && suggestion.host > host);
}
