import { Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import type { AppTagState } from './domain/accesses.js';
import type { UnclaimedDelta, Usage, UsageDelta } from './domain/fold.js';
import { SequenceSet } from './domain/sequences.js';
import { added, microsOf, timeFrom } from './columns.js';

const ROWS_PER_STATEMENT = 5_000;
const COUNTERS = ['transactions', 'bytes_up', 'bytes_down', 'blocked'];
const COUNTER_ARRAYS = (from: number): string =>
  `${COUNTERS.map((_, index) => `$${from + index}::bigint[]`).join(', ')}, $${from + 4}::bigint[], $${from + 5}::bigint[]`;
const ADD = `${COUNTERS.map(added).join(', ')},
  first_seen_at = least(u.first_seen_at, excluded.first_seen_at),
  last_seen_at = greatest(u.last_seen_at, excluded.last_seen_at), updated_at = now()`;
const TIMES = `${timeFrom('n.first')}, ${timeFrom('n.last')}`;

/** Names one source of batches. */
export interface Source {
  readonly tenantId: string;
  readonly sourceId: string;
}

/** When an app was seen, over all the events of one commit. */
export interface Sighting {
  readonly tenantId: string;
  readonly appId: string;
  firstMicros: number;
  lastMicros: number;
}

/** Writes what batches add up to: whole sets at a time, never a statement for an event. */
@Injectable()
export class UsageStore {
  /** The numbers counted so far of these sources, locked; a source that is new is left out. */
  async lockSequences(tx: Tx, sources: readonly Source[]): Promise<Map<string, SequenceSet>> {
    const rows = await tx.query<{ tenant_id: string; source_id: string; seen: string }>(
      `SELECT s.tenant_id, s.source_id, s.seen::text AS seen
       FROM source_sequence s JOIN unnest($1::text[], $2::text[]) AS n(tenant_id, source_id) USING (tenant_id, source_id)
       FOR UPDATE OF s`,
      [sources.map((source) => source.tenantId), sources.map((source) => source.sourceId)],
    );
    return new Map(rows.map((row) => [sourceKey(row.tenant_id, row.source_id), SequenceSet.parse(row.seen)]));
  }

  async saveSequences(tx: Tx, counted: readonly (Source & { readonly seen: SequenceSet })[]): Promise<void> {
    await tx.query(
      `INSERT INTO source_sequence (tenant_id, source_id, seen)
       SELECT n.tenant_id, n.source_id, n.seen::int8multirange FROM unnest($1::text[], $2::text[], $3::text[]) AS n(tenant_id, source_id, seen)
       ON CONFLICT (tenant_id, source_id) DO UPDATE SET seen = excluded.seen, updated_at = now()`,
      [
        counted.map((each) => each.tenantId),
        counted.map((each) => each.sourceId),
        counted.map((each) => String(each.seen)),
      ],
    );
  }

  /** Notes when apps were seen. @returns the `appKey` of those that had never been */
  async saveSightings(tx: Tx, sightings: readonly Sighting[]): Promise<Set<string>> {
    const rows = await tx.query<{ tenant_id: string; app_id: string; inserted: boolean }>(
      `INSERT INTO discovered_app AS u (tenant_id, app_id, first_seen_at, last_seen_at)
       SELECT n.tenant_id, n.app_id, ${TIMES}
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS n(tenant_id, app_id, first, last)
       ON CONFLICT (tenant_id, app_id) DO UPDATE SET first_seen_at = least(u.first_seen_at, excluded.first_seen_at),
         last_seen_at = greatest(u.last_seen_at, excluded.last_seen_at)
       RETURNING u.tenant_id, u.app_id, u.xmax = 0 AS inserted`,
      [
        sightings.map((each) => each.tenantId),
        sightings.map((each) => each.appId),
        sightings.map((each) => each.firstMicros),
        sightings.map((each) => each.lastMicros),
      ],
    );
    return new Set(rows.filter((row) => row.inserted).map((row) => appKey(row.tenant_id, row.app_id)));
  }

  async addUsage(tx: Tx, deltas: readonly UsageDelta[]): Promise<void> {
    for (const part of parts(deltas)) {
      await tx.query(
        `INSERT INTO usage_daily AS u
           (tenant_id, app_id, day, entity_kind, entity, transactions, bytes_up, bytes_down, blocked, first_seen_at, last_seen_at)
         SELECT n.tenant_id, n.app_id, date '1970-01-01' + n.day, n.kind, n.entity, n.transactions, n.up, n.down, n.blocked, ${TIMES}
         FROM unnest($1::text[], $2::text[], $3::int[], $4::smallint[], $5::text[], ${COUNTER_ARRAYS(6)})
           AS n(tenant_id, app_id, day, kind, entity, transactions, up, down, blocked, first, last)
         ON CONFLICT (tenant_id, app_id, day, entity_kind, entity) DO UPDATE SET ${ADD}`,
        [
          part.map((delta) => delta.tenantId),
          part.map((delta) => delta.appId),
          part.map((delta) => delta.day),
          part.map((delta) => delta.kind),
          part.map((delta) => delta.entity),
          ...counterColumns(part),
        ],
      );
    }
  }

  async addUnclaimed(
    tx: Tx,
    deltas: readonly (UnclaimedDelta & { readonly registrableDomain: string })[],
  ): Promise<void> {
    for (const part of parts(deltas)) {
      await tx.query(
        `INSERT INTO unclaimed_host AS u
           (tenant_id, host, registrable_domain, generative_ai_hint, transactions, bytes_up, bytes_down, blocked, first_seen_at, last_seen_at)
         SELECT n.tenant_id, n.host, n.domain, n.hint, n.transactions, n.up, n.down, n.blocked, ${TIMES}
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], ${COUNTER_ARRAYS(5)})
           AS n(tenant_id, host, domain, hint, transactions, up, down, blocked, first, last)
         ON CONFLICT (tenant_id, host) DO UPDATE SET claimed_by_app_id = '', generative_ai_hint = excluded.generative_ai_hint, ${ADD}`,
        [
          part.map((delta) => delta.tenantId),
          part.map((delta) => delta.host),
          part.map((delta) => delta.registrableDomain),
          part.map((delta) => delta.generativeAiHint),
          ...counterColumns(part),
        ],
      );
    }
  }

  /** The decisions about these apps, by `appKey`; an app without one is left out. */
  async tags(
    tx: Tx,
    apps: readonly { readonly tenantId: string; readonly appId: string }[],
  ): Promise<Map<string, AppTagState>> {
    const rows = await tx.query<{ tenant_id: string; app_id: string; tag: number; set_at: string }>(
      `SELECT t.tenant_id, t.app_id, t.tag, ${microsOf('t.set_at')} AS set_at
       FROM app_tag t JOIN unnest($1::text[], $2::text[]) AS n(tenant_id, app_id) USING (tenant_id, app_id)`,
      [apps.map((app) => app.tenantId), apps.map((app) => app.appId)],
    );
    return new Map(
      rows.map((row) => [appKey(row.tenant_id, row.app_id), { tag: row.tag, setAtMicros: Number(row.set_at) }]),
    );
  }
}

export function sourceKey(tenantId: string, sourceId: string): string {
  return `${tenantId}\n${sourceId}`;
}

export function appKey(tenantId: string, appId: string): string {
  return `${tenantId}\n${appId}`;
}

function* parts<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += ROWS_PER_STATEMENT) yield rows.slice(at, at + ROWS_PER_STATEMENT);
}

function counterColumns(rows: readonly Usage[]): number[][] {
  const whole = (value: number): number => Math.min(value, Number.MAX_SAFE_INTEGER);
  return [
    rows.map((row) => row.transactions),
    rows.map((row) => whole(row.bytesUp)),
    rows.map((row) => whole(row.bytesDown)),
    rows.map((row) => row.blocked),
    rows.map((row) => row.firstMicros),
    rows.map((row) => row.lastMicros),
  ];
}
