import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { IncidentChangeKind, IncidentStatus, type IncidentCommentSchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, isId, newId } from '#kernel';
import type { CallContext } from '#rpc';
import { AlertStore } from './alert.store.js';
import * as errors from './correlator.errors.js';
import { MAX_COMMENT, applyUpdate, type Requested } from './domain/incident-update.js';
import { isPlainText } from './domain/text.js';
import { IncidentAnnouncer } from './incident-announcer.js';
import { IncidentStore, type StoredIncident } from './incident.store.js';

/** How much of a comment the story shows; the comments themselves are beside it. */
const SHOWN_OF_COMMENT = 200;

/** What analysts do to incidents. */
@Injectable()
export class IncidentService {
  constructor(
    private readonly database: Database,
    private readonly alerts: AlertStore,
    private readonly incidents: IncidentStore,
    private readonly announcer: IncidentAnnouncer,
    private readonly clock: Clock,
  ) {}

  /** @param version the version the change was made from; 0 = whichever is current */
  async update(incidentId: string, requested: Requested, version: bigint, { tenantId, actor }: CallContext) {
    return this.database.transaction(async (tx) => {
      const before = await this.changeable(tx, tenantId, incidentId);
      if (version !== 0n && version !== before.version) throw errors.versionConflict(before.version);
      const result = applyUpdate(before, requested);
      if ('problem' in result) throw errors.invalidUpdate(result.problem);
      const { after, notes } = result;
      if (notes.length === 0 && after.titleByHand === before.titleByHand) {
        return this.announcer.message(tx, tenantId, before);
      }
      const incident = this.next({ ...before, ...after });
      await this.incidents.save(tx, tenantId, incident);
      const at = this.clock.now();
      const by = actor.name || actor.id;
      await this.incidents.addNotes(
        tx,
        tenantId,
        incidentId,
        notes.map((text) => ({ noteId: newId(), at, actor: by, text })),
      );
      return this.announcer.changed(tx, tenantId, incident, [IncidentChangeKind.UPDATED]);
    });
  }

  async comment(
    incidentId: string,
    text: string,
    { tenantId, actor }: CallContext,
  ): Promise<MessageInitShape<typeof IncidentCommentSchema>> {
    if (!text.trim() || text.length > MAX_COMMENT || !isPlainText(text)) throw errors.invalidComment(MAX_COMMENT);
    return this.database.transaction(async (tx) => {
      const incident = this.next(await this.changeable(tx, tenantId, incidentId));
      const createdAt = this.clock.now();
      const comment = { id: newId(), author: actor.name || actor.id, text, createdAt };
      await this.incidents.addComment(tx, tenantId, incidentId, comment);
      const shown = text.length > SHOWN_OF_COMMENT ? `${[...text].slice(0, SHOWN_OF_COMMENT).join('')}…` : text;
      const note = { noteId: newId(), at: createdAt, actor: comment.author, text: `Commented: ${shown}` };
      await this.incidents.addNotes(tx, tenantId, incidentId, [note]);
      await this.incidents.save(tx, tenantId, incident);
      await this.announcer.changed(tx, tenantId, incident, [IncidentChangeKind.COMMENTED]);
      return { ...comment, createdAt: timestampFromDate(createdAt) };
    });
  }

  /** The incident, locked against correlation until the transaction ends. */
  private async changeable(tx: Tx, tenantId: string, incidentId: string): Promise<StoredIncident> {
    if (!isId(incidentId)) throw errors.incidentNotFound(incidentId);
    await this.alerts.lockTenants(tx, [tenantId]);
    const incident = (await this.incidents.find(tx, tenantId, [incidentId])).get(incidentId);
    if (!incident) throw errors.incidentNotFound(incidentId);
    if (incident.status === IncidentStatus.REDIRECTED) throw errors.incidentRedirected(incident.redirectIncidentId);
    return incident;
  }

  private next(incident: StoredIncident): StoredIncident {
    return { ...incident, updatedAt: this.clock.now(), version: incident.version + 1n };
  }
}
