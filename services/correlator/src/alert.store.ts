import { Injectable } from '@nestjs/common';
import type { AlertKind, EntityKind, Severity } from '#contracts';
import type { Tx } from '#database';
import { gapMs, type AlertDraft, type Span } from './domain/alert-draft.js';
import { entityKey, linkingEntities, type Involved } from './domain/entity.js';
import type { Neighbour } from './domain/neighbour.js';

/** An alert as it is stored. */
export interface StoredAlert extends AlertDraft {
  readonly alertId: string;
  readonly createdAt: Date;
  readonly incidentId: string;
  readonly linkReason: string;
}

export interface AlertRow {
  alert_id: string;
  key: string;
  kind: AlertKind;
  severity: Severity;
  title: string;
  description: string;
  first_activity_at: Date;
  last_activity_at: Date;
  created_at: Date;
  occurrences: string;
  incident_id: string;
  link_reason: string;
  policy_id: string;
  entities: { kind: EntityKind; id: string; name: string }[];
}

/** Selects alerts with their entities; `a` is the alert. */
export const SELECT_ALERT = `SELECT a.*, (
    SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'id', e.entity_id, 'name', e.name) ORDER BY e.kind, e.entity_id)
    FROM alert_entity e WHERE e.tenant_id = a.tenant_id AND e.alert_id = a.alert_id
  ) AS entities FROM alert a`;

/** Writes alerts and finds those that have to do with each other. */
@Injectable()
export class AlertStore {
  /** Correlation of one tenant happens one after the other, whichever partitions its events come from. */
  async lockTenants(tx: Tx, tenantIds: Iterable<string>): Promise<void> {
    for (const tenantId of [...new Set(tenantIds)].sort()) {
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`gnomon correlator tenant ${tenantId}`]);
    }
  }

  /** The alert of an open incident that this is another occurrence of: the latest with its key, near in time. */
  async again(
    tx: Tx,
    tenantId: string,
    { key, firstAt, lastAt }: AlertDraft,
    withinMs: number,
  ): Promise<StoredAlert | undefined> {
    const rows = await tx.query<AlertRow>(
      `${SELECT_ALERT} JOIN incident i ON i.tenant_id = a.tenant_id AND i.incident_id = a.incident_id
       WHERE a.tenant_id = $1 AND md5(a.key) = md5($2) AND a.key = $2 AND i.status IN (1, 2)
         AND a.last_activity_at >= $3 AND a.first_activity_at <= $4
       ORDER BY a.last_activity_at DESC LIMIT 1`,
      [tenantId, key, before(firstAt, withinMs), after(lastAt, withinMs)],
    );
    return rows[0] && alertOf(rows[0]);
  }

  async insert(tx: Tx, tenantId: string, alert: StoredAlert): Promise<void> {
    await tx.query(
      `INSERT INTO alert (tenant_id, alert_id, key, kind, severity, title, description, first_activity_at,
                          last_activity_at, created_at, occurrences, incident_id, link_reason, policy_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        tenantId,
        alert.alertId,
        alert.key,
        alert.kind,
        alert.severity,
        alert.title,
        alert.description,
        alert.firstAt,
        alert.lastAt,
        alert.createdAt,
        alert.occurrences.toString(),
        alert.incidentId,
        alert.linkReason,
        alert.policyId,
      ],
    );
    await this.writeEntities(tx, tenantId, alert);
  }

  /** Writes what changes when an alert happens again. */
  async repeat(tx: Tx, tenantId: string, alert: StoredAlert): Promise<void> {
    await tx.query(
      `UPDATE alert SET severity = $3, description = $4, first_activity_at = $5, last_activity_at = $6, occurrences = $7
       WHERE tenant_id = $1 AND alert_id = $2`,
      [
        tenantId,
        alert.alertId,
        alert.severity,
        alert.description,
        alert.firstAt,
        alert.lastAt,
        alert.occurrences.toString(),
      ],
    );
    await this.writeEntities(tx, tenantId, alert);
  }

  /** Moves all alerts of one incident to another. */
  async move(tx: Tx, tenantId: string, fromIncidentId: string, toIncidentId: string): Promise<void> {
    await tx.query('UPDATE alert SET incident_id = $3 WHERE tenant_id = $1 AND incident_id = $2', [
      tenantId,
      fromIncidentId,
      toIncidentId,
    ]);
  }

  /**
   * Alerts that share one of these entities and are near in time: of each incident and entity the nearest one.
   *
   * @param limit how many alerts of each entity are looked at, the latest ones
   */
  async neighbours(
    tx: Tx,
    tenantId: string,
    entities: readonly Involved[],
    span: Span,
    options: { exceptAlertId: string; withinMs: number; limit: number },
  ): Promise<Neighbour[]> {
    const rows = await tx.query<NeighbourRow>(
      `SELECT DISTINCT ON (e.kind, e.entity_id, a.incident_id)
         e.kind, e.entity_id, e.name, a.incident_id, a.alert_id, a.title, a.first_activity_at, a.last_activity_at
       FROM unnest($2::int[], $3::text[]) AS k(kind, entity_id)
       CROSS JOIN LATERAL (
         SELECT * FROM alert_entity x
         WHERE x.tenant_id = $1 AND x.kind = k.kind AND x.entity_id = k.entity_id AND x.links
           AND x.last_activity_at >= $4 AND x.first_activity_at <= $5 AND x.alert_id <> $6
         ORDER BY x.last_activity_at DESC LIMIT $7) e
       JOIN alert a ON a.tenant_id = $1 AND a.alert_id = e.alert_id
       ORDER BY e.kind, e.entity_id, a.incident_id,
         greatest(interval '0', $8::timestamptz - a.last_activity_at, a.first_activity_at - $9::timestamptz), a.alert_id`,
      [
        tenantId,
        entities.map(({ kind }) => kind),
        entities.map(({ id }) => id),
        before(span.firstAt, options.withinMs),
        after(span.lastAt, options.withinMs),
        options.exceptAlertId,
        options.limit,
        span.firstAt,
        span.lastAt,
      ],
    );
    return rows.map(neighbourOf).filter((neighbour) => gapMs(span, neighbour) <= options.withinMs);
  }

  /** Which of these apps have alerts of as many actors as `actors` near this time, among their latest `limit` alerts. */
  async hubs(
    tx: Tx,
    tenantId: string,
    apps: readonly Involved[],
    span: Span,
    options: { exceptActor: string; withinMs: number; actors: number; limit: number },
  ): Promise<Set<string>> {
    const rows = await tx.query<{ kind: EntityKind; entity_id: string }>(
      `SELECT k.kind, k.entity_id FROM unnest($2::int[], $3::text[]) AS k(kind, entity_id)
       CROSS JOIN LATERAL (
         SELECT x.actor FROM alert_entity x
         WHERE x.tenant_id = $1 AND x.kind = k.kind AND x.entity_id = k.entity_id AND x.links
           AND x.actor NOT IN ('', $6) AND x.last_activity_at >= $4 AND x.first_activity_at <= $5
         ORDER BY x.last_activity_at DESC LIMIT $7) e
       GROUP BY k.kind, k.entity_id HAVING count(DISTINCT e.actor) >= $8`,
      [
        tenantId,
        apps.map(({ kind }) => kind),
        apps.map(({ id }) => id),
        before(span.firstAt, options.withinMs),
        after(span.lastAt, options.withinMs),
        options.exceptActor,
        options.limit,
        options.actors,
      ],
    );
    return new Set(rows.map((row) => entityKey({ kind: row.kind, id: row.entity_id })));
  }

  private async writeEntities(tx: Tx, tenantId: string, alert: StoredAlert): Promise<void> {
    const linking = new Set(linkingEntities(alert.entities).map(entityKey));
    await tx.query(
      `INSERT INTO alert_entity (tenant_id, alert_id, actor, first_activity_at, last_activity_at, kind, entity_id, name, links)
       SELECT $1, $2, $3, $4::timestamptz, $5::timestamptz, x.*
       FROM unnest($6::int[], $7::text[], $8::text[], $9::boolean[]) AS x
       ON CONFLICT (tenant_id, alert_id, kind, entity_id) DO UPDATE
         SET first_activity_at = excluded.first_activity_at, last_activity_at = excluded.last_activity_at`,
      [
        tenantId,
        alert.alertId,
        alert.actor,
        alert.firstAt,
        alert.lastAt,
        alert.entities.map(({ kind }) => kind),
        alert.entities.map(({ id }) => id),
        alert.entities.map(({ name }) => name),
        alert.entities.map((entity) => linking.has(entityKey(entity))),
      ],
    );
  }
}

interface NeighbourRow {
  kind: EntityKind;
  entity_id: string;
  name: string;
  incident_id: string;
  alert_id: string;
  title: string;
  first_activity_at: Date;
  last_activity_at: Date;
}

function neighbourOf(row: NeighbourRow): Neighbour {
  return {
    incidentId: row.incident_id,
    alertId: row.alert_id,
    alertTitle: row.title,
    shared: { kind: row.kind, id: row.entity_id, name: row.name },
    firstAt: row.first_activity_at,
    lastAt: row.last_activity_at,
  };
}

export function alertOf(row: AlertRow): StoredAlert {
  return {
    alertId: row.alert_id,
    key: row.key,
    kind: row.kind,
    severity: row.severity,
    title: row.title,
    description: row.description,
    entities: row.entities ?? [],
    actor: '',
    firstAt: row.first_activity_at,
    lastAt: row.last_activity_at,
    createdAt: row.created_at,
    occurrences: BigInt(row.occurrences),
    incidentId: row.incident_id,
    linkReason: row.link_reason,
    policyId: row.policy_id,
  };
}

function before(time: Date, ms: number): Date {
  return new Date(time.getTime() - ms);
}

function after(time: Date, ms: number): Date {
  return new Date(time.getTime() + ms);
}
