import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { IncidentStatus } from '#contracts';
import type { EntityKind, IncidentSchema, IncidentStorySchema, ListIncidentsRequest } from '#contracts';
import { Database } from '#database';
import { invalidFilter } from './correlator.errors.js';
import type { Involved } from './domain/entity.js';
import { tellStory } from './domain/story.js';
import { isPlainText } from './domain/text.js';
import { incidentOf, type IncidentRow, type StoredIncident } from './incident.store.js';
import { askedFor, pageOf, type Page } from './page.views.js';

/** How many of the things it is about an incident shows. */
export const MAX_SHOWN_ENTITIES = 100;
/** How many alerts, notes and comments of each a story tells at most. */
const MAX_STORY = 10_000;

type IncidentMessage = MessageInitShape<typeof IncidentSchema>;
type ShownRow = IncidentRow & { entities: { kind: EntityKind; id: string; name: string }[] | null };

const SELECT_INCIDENT = `SELECT i.*, (
    SELECT jsonb_agg(jsonb_build_object('kind', e.kind, 'id', e.entity_id, 'name', e.name) ORDER BY e.kind, e.entity_id)
    FROM (SELECT * FROM incident_entity x WHERE x.tenant_id = i.tenant_id AND x.incident_id = i.incident_id
          ORDER BY x.kind, x.entity_id LIMIT ${MAX_SHOWN_ENTITIES}) e
  ) AS entities FROM incident i`;

/** An incident and those that were merged into it. */
const STORY_OF = `(SELECT $2 UNION ALL SELECT r.incident_id FROM incident r
  WHERE r.tenant_id = $1 AND r.redirect_incident_id = $2)`;

/** What is asked about incidents. */
@Injectable()
export class IncidentViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Incidents, the newest first. Those that were merged into others only where their status is asked for. */
  async list(tenantId: string, request: ListIncidentsRequest): Promise<Page<IncidentMessage>> {
    const { first, afterId } = askedFor(request.page);
    if (!isPlainText(request.assignee)) throw invalidFilter('assignee');
    const where = `i.tenant_id = $1 AND i.status = ANY($2) AND ($3::int[] IS NULL OR i.severity = ANY($3))
      AND ($4 = '' OR i.assignee = $4) AND ($5::timestamptz IS NULL OR i.last_activity_at >= $5)`;
    const open = [IncidentStatus.ACTIVE, IncidentStatus.IN_PROGRESS, IncidentStatus.RESOLVED];
    const parameters = [
      tenantId,
      request.statuses.length > 0 ? request.statuses : open,
      request.severities.length > 0 ? request.severities : null,
      request.assignee,
      request.activeSince ? timestampDate(request.activeSince) : null,
    ];
    const rows = await this.database.query<ShownRow>(
      `${SELECT_INCIDENT} WHERE ${where} AND ($6::text IS NULL OR i.incident_id < $6)
       ORDER BY i.incident_id DESC LIMIT $7`,
      [...parameters, afterId, first + 1],
    );
    const count = `SELECT count(*)::int AS count FROM incident i WHERE ${where}`;
    const [total] = await this.database.query<{ count: number }>(count, parameters);
    return pageOf(rows, first, total?.count ?? 0, (row) => row.incident_id, shownIncident);
  }

  async byId(tenantId: string, ids: readonly string[]): Promise<IncidentMessage[]> {
    const sql = `${SELECT_INCIDENT} WHERE i.tenant_id = $1 AND i.incident_id = ANY($2)`;
    return (await this.database.query<ShownRow>(sql, [tenantId, ids])).map(shownIncident);
  }

  /** What happened, oldest first, those that were merged into it included. Undefined for an unknown incident. */
  async story(tenantId: string, incidentId: string): Promise<MessageInitShape<typeof IncidentStorySchema> | undefined> {
    const known = 'SELECT 1 FROM incident WHERE tenant_id = $1 AND incident_id = $2';
    if ((await this.database.query(known, [tenantId, incidentId])).length === 0) return undefined;
    const [alerts, notes, comments] = await Promise.all([
      this.database.query<StoryAlertRow>(
        `SELECT alert_id, title, link_reason, occurrences, first_activity_at, last_activity_at FROM alert
         WHERE tenant_id = $1 AND incident_id = $2 ORDER BY alert_id LIMIT ${MAX_STORY}`,
        [tenantId, incidentId],
      ),
      this.database.query<{ note_id: string; at: Date; actor: string; text: string }>(
        `SELECT note_id, at, actor, text FROM incident_history
         WHERE tenant_id = $1 AND incident_id IN ${STORY_OF} ORDER BY note_id LIMIT ${MAX_STORY}`,
        [tenantId, incidentId],
      ),
      this.database.query<{ comment_id: string; author: string; text: string; created_at: Date }>(
        `SELECT comment_id, author, text, created_at FROM incident_comment
         WHERE tenant_id = $1 AND incident_id IN ${STORY_OF} ORDER BY comment_id LIMIT ${MAX_STORY}`,
        [tenantId, incidentId],
      ),
    ]);
    const steps = tellStory(
      alerts.map((row) => ({
        alertId: row.alert_id,
        title: row.title,
        linkReason: row.link_reason,
        occurrences: BigInt(row.occurrences),
        firstAt: row.first_activity_at,
        lastAt: row.last_activity_at,
      })),
      notes.map((row) => ({ noteId: row.note_id, at: row.at, actor: row.actor, text: row.text })),
    );
    return {
      incidentId,
      steps: steps.map((step) => ({ ...step, at: timestampFromDate(step.at) })),
      comments: comments.map((row) => ({
        id: row.comment_id,
        author: row.author,
        text: row.text,
        createdAt: timestampFromDate(row.created_at),
      })),
    };
  }
}

interface StoryAlertRow {
  alert_id: string;
  title: string;
  link_reason: string;
  occurrences: string;
  first_activity_at: Date;
  last_activity_at: Date;
}

export function incidentMessage(incident: StoredIncident, entities: readonly Involved[]): IncidentMessage {
  return {
    id: incident.incidentId,
    title: incident.title,
    severity: incident.severity,
    status: incident.status,
    assignee: incident.assignee,
    classification: incident.classification,
    determination: incident.determination,
    createdAt: timestampFromDate(incident.createdAt),
    updatedAt: timestampFromDate(incident.updatedAt),
    firstActivityAt: timestampFromDate(incident.firstAt),
    lastActivityAt: timestampFromDate(incident.lastAt),
    alertCount: incident.alertCount,
    entities: entities.map(({ kind, id, name }) => ({ kind, id, name })),
    version: incident.version,
    redirectIncidentId: incident.redirectIncidentId,
  };
}

function shownIncident(row: ShownRow): IncidentMessage {
  return incidentMessage(incidentOf(row), row.entities ?? []);
}
