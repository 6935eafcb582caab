import { Injectable } from '@nestjs/common';
import { IncidentChangedSchema, type IncidentChangeKind } from '#contracts';
import type { Tx } from '#database';
import type { StoredAlert } from './alert.store.js';
import { alertMessage } from './alert.views.js';
import { IncidentStore, type StoredIncident } from './incident.store.js';
import { MAX_SHOWN_ENTITIES, incidentMessage } from './incident.views.js';

/** Tells the event log about incidents. */
@Injectable()
export class IncidentAnnouncer {
  constructor(private readonly incidents: IncidentStore) {}

  /**
   * Appends the incident as it is now, and answers it as a message.
   *
   * @param alert the alert that caused the change, where one did
   */
  async changed(
    tx: Tx,
    tenantId: string,
    incident: StoredIncident,
    changes: IncidentChangeKind[],
    alert?: StoredAlert,
  ): Promise<ReturnType<typeof incidentMessage>> {
    const { incidentId } = incident;
    const message = await this.message(tx, tenantId, incident);
    tx.append(
      IncidentChangedSchema,
      { incidentId, incident: message, changes, alert: alert && alertMessage(alert) },
      { tenantId },
    );
    return message;
  }

  async message(tx: Tx, tenantId: string, incident: StoredIncident): Promise<ReturnType<typeof incidentMessage>> {
    const entities = await this.incidents.entities(tx, tenantId, incident.incidentId, MAX_SHOWN_ENTITIES);
    return incidentMessage(incident, entities);
  }
}
