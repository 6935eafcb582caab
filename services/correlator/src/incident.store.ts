import { Injectable } from '@nestjs/common';
import { EntityKind, type AlertKind, type Classification, type Determination } from '#contracts';
import type { IncidentStatus, Severity } from '#contracts';
import type { Tx } from '#database';
import type { IncidentFacts } from './domain/correlate.js';
import type { Involved } from './domain/entity.js';
import type { Editable } from './domain/incident-update.js';
import type { Extent, Scope } from './domain/title.js';

/** An incident as it is stored. */
export interface StoredIncident extends IncidentFacts, Editable {
  readonly severity: Severity;
  /** The kinds of alert it holds. */
  readonly kinds: readonly AlertKind[];
  readonly updatedAt: Date;
  readonly firstAt: Date;
  readonly version: bigint;
  readonly redirectIncidentId: string;
}

export interface IncidentRow {
  incident_id: string;
  title: string;
  title_by_hand: boolean;
  severity: Severity;
  status: IncidentStatus;
  assignee: string;
  classification: Classification;
  determination: Determination;
  kinds: AlertKind[];
  created_at: Date;
  updated_at: Date;
  first_activity_at: Date;
  last_activity_at: Date;
  alert_count: number;
  version: string;
  redirect_incident_id: string;
}

/** Writes incidents, what they are about, and what was done to them. */
@Injectable()
export class IncidentStore {
  async find(tx: Tx, tenantId: string, incidentIds: readonly string[]): Promise<Map<string, StoredIncident>> {
    const sql = 'SELECT * FROM incident WHERE tenant_id = $1 AND incident_id = ANY($2)';
    const rows = await tx.query<IncidentRow>(sql, [tenantId, incidentIds]);
    return new Map(rows.map((row) => [row.incident_id, incidentOf(row)]));
  }

  async save(tx: Tx, tenantId: string, incident: StoredIncident): Promise<void> {
    await tx.query(
      `INSERT INTO incident (tenant_id, incident_id, title, title_by_hand, severity, status, assignee, classification,
                             determination, kinds, created_at, updated_at, first_activity_at, last_activity_at,
                             alert_count, version, redirect_incident_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
       ON CONFLICT (tenant_id, incident_id) DO UPDATE SET title = excluded.title, title_by_hand = excluded.title_by_hand,
         severity = excluded.severity, status = excluded.status, assignee = excluded.assignee,
         classification = excluded.classification, determination = excluded.determination, kinds = excluded.kinds,
         updated_at = excluded.updated_at, first_activity_at = excluded.first_activity_at,
         last_activity_at = excluded.last_activity_at, alert_count = excluded.alert_count, version = excluded.version,
         redirect_incident_id = excluded.redirect_incident_id`,
      [
        tenantId,
        incident.incidentId,
        incident.title,
        incident.titleByHand,
        incident.severity,
        incident.status,
        incident.assignee,
        incident.classification,
        incident.determination,
        incident.kinds,
        incident.createdAt,
        incident.updatedAt,
        incident.firstAt,
        incident.lastAt,
        incident.alertCount,
        incident.version.toString(),
        incident.redirectIncidentId,
      ],
    );
  }

  /** Incidents that had been merged into one that is now merged itself point to where its alerts went. */
  async redirectFurther(tx: Tx, tenantId: string, fromIncidentId: string, toIncidentId: string): Promise<void> {
    await tx.query('UPDATE incident SET redirect_incident_id = $3 WHERE tenant_id = $1 AND redirect_incident_id = $2', [
      tenantId,
      fromIncidentId,
      toIncidentId,
    ]);
  }

  async addEntities(tx: Tx, tenantId: string, incidentId: string, entities: readonly Involved[]): Promise<void> {
    await tx.query(
      `INSERT INTO incident_entity (tenant_id, incident_id, kind, entity_id, name)
       SELECT $1, $2, x.* FROM unnest($3::int[], $4::text[], $5::text[]) AS x ON CONFLICT DO NOTHING`,
      [
        tenantId,
        incidentId,
        entities.map(({ kind }) => kind),
        entities.map(({ id }) => id),
        entities.map(({ name }) => name),
      ],
    );
  }

  async copyEntities(tx: Tx, tenantId: string, fromIncidentId: string, toIncidentId: string): Promise<void> {
    await tx.query(
      `INSERT INTO incident_entity (tenant_id, incident_id, kind, entity_id, name)
       SELECT tenant_id, $3, kind, entity_id, name FROM incident_entity WHERE tenant_id = $1 AND incident_id = $2
       ON CONFLICT DO NOTHING`,
      [tenantId, fromIncidentId, toIncidentId],
    );
  }

  /** The first `limit` things an incident is about. */
  async entities(tx: Tx, tenantId: string, incidentId: string, limit: number): Promise<Involved[]> {
    const rows = await tx.query<{ kind: EntityKind; entity_id: string; name: string }>(
      `SELECT kind, entity_id, name FROM incident_entity WHERE tenant_id = $1 AND incident_id = $2
       ORDER BY kind, entity_id LIMIT $3`,
      [tenantId, incidentId, limit],
    );
    return rows.map(({ kind, entity_id: id, name }) => ({ kind, id, name }));
  }

  /** What an incident is about: how many of each kind, and the first name of each. */
  async scope(tx: Tx, tenantId: string, { incidentId, kinds }: StoredIncident): Promise<Scope> {
    const rows = await tx.query<{ kind: EntityKind; count: number; name: string; all_generative: boolean | null }>(
      `SELECT e.kind, count(*)::int AS count, min(e.name) AS name, bool_and(a.generative_ai) AS all_generative
       FROM incident_entity e
       LEFT JOIN LATERAL (
         SELECT generative_ai FROM app WHERE e.kind = $3 AND app.app_id = e.entity_id AND app.tenant_id IN ('', $1)
         ORDER BY app.tenant_id DESC LIMIT 1) a ON true
       WHERE e.tenant_id = $1 AND e.incident_id = $2 GROUP BY e.kind`,
      [tenantId, incidentId, EntityKind.APP],
    );
    const extent = (kind: EntityKind): Extent => {
      const row = rows.find((each) => each.kind === kind);
      return { count: row?.count ?? 0, names: row ? [row.name] : [] };
    };
    return {
      kinds,
      apps: extent(EntityKind.APP),
      users: extent(EntityKind.USER),
      devices: extent(EntityKind.DEVICE),
      addresses: extent(EntityKind.IP_ADDRESS),
      policies: extent(EntityKind.POLICY),
      allGenerativeAi: rows.find(({ kind }) => kind === EntityKind.APP)?.all_generative ?? false,
    };
  }

  async addNotes(
    tx: Tx,
    tenantId: string,
    incidentId: string,
    notes: readonly { noteId: string; at: Date; actor: string; text: string }[],
  ): Promise<void> {
    for (const { noteId, at, actor, text } of notes) {
      await tx.query(
        `INSERT INTO incident_history (tenant_id, note_id, incident_id, at, actor, text) VALUES ($1, $2, $3, $4, $5, $6)`,
        [tenantId, noteId, incidentId, at, actor, text],
      );
    }
  }

  async addComment(
    tx: Tx,
    tenantId: string,
    incidentId: string,
    comment: { id: string; author: string; text: string; createdAt: Date },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO incident_comment (tenant_id, comment_id, incident_id, author, text, created_at)
       VALUES ($1, $2, $3, $4, $5, $6)`,
      [tenantId, comment.id, incidentId, comment.author, comment.text, comment.createdAt],
    );
  }
}

export function incidentOf(row: IncidentRow): StoredIncident {
  return {
    incidentId: row.incident_id,
    title: row.title,
    titleByHand: row.title_by_hand,
    severity: row.severity,
    status: row.status,
    assignee: row.assignee,
    classification: row.classification,
    determination: row.determination,
    kinds: row.kinds,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    firstAt: row.first_activity_at,
    lastAt: row.last_activity_at,
    alertCount: row.alert_count,
    version: BigInt(row.version),
    redirectIncidentId: row.redirect_incident_id,
  };
}
