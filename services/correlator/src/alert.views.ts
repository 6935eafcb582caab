import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { EntityKind, type AlertSchema, type ListAlertsRequest } from '#contracts';
import { Database } from '#database';
import { SELECT_ALERT, alertOf, type AlertRow, type StoredAlert } from './alert.store.js';
import { invalidFilter } from './correlator.errors.js';
import { isPlainText } from './domain/text.js';
import { askedFor, pageOf, type Page } from './page.views.js';

type AlertMessage = MessageInitShape<typeof AlertSchema>;

/** What is asked about alerts. */
@Injectable()
export class AlertViews {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Alerts, the newest first. Filters that are not set leave everything in. */
  async list(tenantId: string, request: ListAlertsRequest): Promise<Page<AlertMessage>> {
    const { first, afterId } = askedFor(request.page);
    const { where, parameters } = conditions(tenantId, request);
    const at = parameters.length;
    const rows = await this.database.query<AlertRow>(
      `${SELECT_ALERT} WHERE ${where} AND ($${at + 1}::text IS NULL OR a.alert_id < $${at + 1})
       ORDER BY a.alert_id DESC LIMIT $${at + 2}`,
      [...parameters, afterId, first + 1],
    );
    const count = `SELECT count(*)::int AS count FROM alert a WHERE ${where}`;
    const [total] = await this.database.query<{ count: number }>(count, parameters);
    return pageOf(
      rows,
      first,
      total?.count ?? 0,
      (row) => row.alert_id,
      (row) => alertMessage(alertOf(row)),
    );
  }
}

export function alertMessage(alert: StoredAlert): AlertMessage {
  return {
    id: alert.alertId,
    kind: alert.kind,
    severity: alert.severity,
    title: alert.title,
    description: alert.description,
    entities: alert.entities.map(({ kind, id, name }) => ({ kind, id, name })),
    firstActivityAt: timestampFromDate(alert.firstAt),
    lastActivityAt: timestampFromDate(alert.lastAt),
    createdAt: timestampFromDate(alert.createdAt),
    occurrences: alert.occurrences,
    incidentId: alert.incidentId,
    linkReason: alert.linkReason,
    policyId: alert.policyId,
  };
}

function conditions(tenantId: string, request: ListAlertsRequest): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [tenantId];
  const all = ['a.tenant_id = $1'];
  const add = (sql: (place: string) => string, value: unknown) => {
    parameters.push(value);
    all.push(sql(`$${parameters.length}`));
  };
  const involves = (kind: EntityKind, field: string, id: string) => {
    if (!id) return;
    if (!isPlainText(id)) throw invalidFilter(field);
    add(
      (place) => `EXISTS (SELECT 1 FROM alert_entity e WHERE e.tenant_id = a.tenant_id AND e.alert_id = a.alert_id
        AND e.kind = ${kind} AND e.entity_id = ${place})`,
      id,
    );
  };
  if (request.severities.length > 0) add((place) => `a.severity = ANY(${place})`, request.severities);
  if (request.kinds.length > 0) add((place) => `a.kind = ANY(${place})`, request.kinds);
  if (request.incidentId) {
    if (!isPlainText(request.incidentId)) throw invalidFilter('incidentId');
    add((place) => `a.incident_id = ${place}`, request.incidentId);
  }
  involves(EntityKind.APP, 'appId', request.appId);
  involves(EntityKind.USER, 'user', request.user);
  involves(EntityKind.DEVICE, 'deviceId', request.deviceId);
  return { where: all.join(' AND '), parameters };
}
