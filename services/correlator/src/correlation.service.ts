import { Inject, Injectable } from '@nestjs/common';
import {
  AlertChangedSchema,
  Classification,
  Determination,
  EntityKind,
  IncidentChangeKind,
  IncidentStatus,
} from '#contracts';
import type { Tx } from '#database';
import { Clock, Metrics, newId, type SettingsOf } from '#kernel';
import { AlertStore, type StoredAlert } from './alert.store.js';
import { alertMessage } from './alert.views.js';
import { CorrelatorSettings } from './correlator.config.js';
import { MAX_ALERT_ENTITIES, earlier, foldDrafts, later, type AlertDraft } from './domain/alert-draft.js';
import { correlate, inherited, type Placement } from './domain/correlate.js';
import { entityKey, linkingEntities, unitedEntities } from './domain/entity.js';
import { incidentTitle } from './domain/title.js';
import { IncidentAnnouncer } from './incident-announcer.js';
import { IncidentStore, type StoredIncident } from './incident.store.js';

/** Looking at so many alerts of an entity for each user that makes a hub finds all that matter. */
const ALERTS_PER_ACTOR = 8;

/**
 * Turns what detections found into alerts, and alerts into incidents. Expects the tenant's lock to be held
 * (`AlertStore.lockTenants`), so that every alert sees those before it.
 */
@Injectable()
export class CorrelationService {
  private readonly raised;
  private readonly mergers;

  constructor(
    private readonly alerts: AlertStore,
    private readonly incidents: IncidentStore,
    private readonly announcer: IncidentAnnouncer,
    private readonly clock: Clock,
    @Inject(CorrelatorSettings.token) private readonly settings: SettingsOf<typeof CorrelatorSettings>,
    metrics: Metrics,
  ) {
    this.raised = metrics.counter({
      name: 'gnomon_correlator_alerts_total',
      help: 'Alerts that were raised or happened again.',
      labelNames: ['outcome'],
    });
    this.mergers = metrics.counter({
      name: 'gnomon_correlator_incidents_merged_total',
      help: 'Incidents that were merged into another one.',
    });
  }

  async raise(tx: Tx, tenantId: string, drafts: readonly AlertDraft[]): Promise<void> {
    for (const draft of foldDrafts(drafts, this.settings.repeatSeconds * 1_000)) {
      const before = await this.alerts.again(tx, tenantId, draft, this.settings.repeatSeconds * 1_000);
      if (before) await this.repeat(tx, tenantId, before, draft);
      else await this.open(tx, tenantId, draft);
    }
  }

  private async open(tx: Tx, tenantId: string, draft: AlertDraft): Promise<void> {
    const alertId = newId();
    const { placement, incidents } = await this.place(tx, tenantId, draft, alertId);
    const joined = placement.incidentId ? incidents.get(placement.incidentId) : undefined;
    const incident = await this.merge(
      tx,
      tenantId,
      joined ?? this.newIncident(draft),
      placement,
      incidents,
      draft.title,
    );
    const alert: StoredAlert = {
      ...draft,
      alertId,
      createdAt: this.clock.now(),
      incidentId: incident.incidentId,
      linkReason: placement.reason,
    };
    await this.alerts.insert(tx, tenantId, alert);
    await this.incidents.addEntities(tx, tenantId, incident.incidentId, alert.entities);
    const grown = await this.touch(tx, tenantId, { ...incident, alertCount: incident.alertCount + 1 }, alert);
    const change = IncidentChangeKind;
    const changes = joined ? [change.ALERT_ADDED] : [change.CREATED, change.ALERT_ADDED];
    this.tell(tx, tenantId, alert);
    await this.announcer.changed(tx, tenantId, grown, changes, alert);
    tx.afterCommit(() => this.raised.inc({ outcome: 'raised' }));
  }

  /** The same thing again: no new alert. It lasts longer now, and so may reach what it did not reach before. */
  private async repeat(tx: Tx, tenantId: string, before: StoredAlert, draft: AlertDraft): Promise<void> {
    const longer: StoredAlert = {
      ...before,
      actor: draft.actor,
      severity: Math.max(before.severity, draft.severity),
      description: draft.lastAt >= before.lastAt ? draft.description : before.description,
      entities: unitedEntities(before.entities, draft.entities, MAX_ALERT_ENTITIES),
      firstAt: earlier(before.firstAt, draft.firstAt),
      lastAt: later(before.lastAt, draft.lastAt),
      occurrences: before.occurrences + draft.occurrences,
    };
    const home = (await this.incidents.find(tx, tenantId, [before.incidentId])).get(before.incidentId)!;
    const { placement, incidents } = await this.place(tx, tenantId, longer, before.alertId, home);
    const survivor = incidents.get(placement.incidentId!)!;
    const incident = await this.merge(tx, tenantId, survivor, placement, incidents, longer.title);
    const alert = { ...longer, incidentId: incident.incidentId };
    await this.alerts.repeat(tx, tenantId, alert);
    await this.incidents.addEntities(tx, tenantId, incident.incidentId, alert.entities);
    const touched = await this.touch(tx, tenantId, incident, alert);
    this.tell(tx, tenantId, alert);
    await this.announcer.changed(tx, tenantId, touched, [IncidentChangeKind.ALERT_REPEATED], alert);
    tx.afterCommit(() => this.raised.inc({ outcome: 'repeated' }));
  }

  private async place(
    tx: Tx,
    tenantId: string,
    draft: AlertDraft,
    alertId: string,
    home?: StoredIncident,
  ): Promise<{ placement: Placement; incidents: Map<string, StoredIncident> }> {
    const withinMs = this.settings.linkSeconds * 1_000;
    const limit = this.settings.hubActors * ALERTS_PER_ACTOR;
    const linking = linkingEntities(draft.entities);
    const apps = linking.filter(({ kind }) => kind === EntityKind.APP);
    const hubs = await this.alerts.hubs(tx, tenantId, apps, draft, {
      exceptActor: draft.actor,
      withinMs,
      actors: this.settings.hubActors,
      limit,
    });
    const links = linking.filter((entity) => !hubs.has(entityKey(entity)));
    const neighbours = await this.alerts.neighbours(tx, tenantId, links, draft, {
      exceptAlertId: alertId,
      withinMs,
      limit,
    });
    const incidents = await this.incidents.find(tx, tenantId, [...new Set(neighbours.map((n) => n.incidentId))]);
    if (home) incidents.set(home.incidentId, home);
    const linkingRules = { windowMs: withinMs, maxAlerts: this.settings.maxIncidentAlerts };
    return { placement: correlate(draft, neighbours, incidents, linkingRules, home), incidents };
  }

  private newIncident(draft: AlertDraft): StoredIncident {
    const now = this.clock.now();
    return {
      incidentId: newId(),
      title: '',
      titleByHand: false,
      severity: draft.severity,
      status: IncidentStatus.ACTIVE,
      assignee: '',
      classification: Classification.UNSPECIFIED,
      determination: Determination.UNSPECIFIED,
      kinds: [],
      createdAt: now,
      updatedAt: now,
      firstAt: draft.firstAt,
      lastAt: draft.lastAt,
      alertCount: 0,
      version: 0n,
      redirectIncidentId: '',
    };
  }

  /** Moves everything of the merged incidents to the one that remains; what analysts said about them goes along. */
  private async merge(
    tx: Tx,
    tenantId: string,
    survivor: StoredIncident,
    { merged, reason }: Placement,
    incidents: ReadonlyMap<string, StoredIncident>,
    alertTitle: string,
  ): Promise<StoredIncident> {
    const now = this.clock.now();
    const why = `“${alertTitle}” belongs to both. ${reason}`.trim();
    const sources = merged.map(({ incidentId }) => incidents.get(incidentId)!);
    let result = survivor;
    for (const source of sources) {
      const { incidentId } = source;
      await this.alerts.move(tx, tenantId, incidentId, survivor.incidentId);
      await this.incidents.copyEntities(tx, tenantId, incidentId, survivor.incidentId);
      await this.incidents.redirectFurther(tx, tenantId, incidentId, survivor.incidentId);
      const redirected: StoredIncident = {
        ...source,
        status: IncidentStatus.REDIRECTED,
        redirectIncidentId: survivor.incidentId,
        alertCount: 0,
        updatedAt: now,
        version: source.version + 1n,
      };
      await this.incidents.save(tx, tenantId, redirected);
      const note = {
        noteId: newId(),
        at: now,
        actor: '',
        text: `Incident “${source.title}” was merged into “${survivor.title}”: ${why}`,
      };
      await this.incidents.addNotes(tx, tenantId, incidentId, [note]);
      await this.announcer.changed(tx, tenantId, redirected, [IncidentChangeKind.REDIRECTED]);
      const named = !result.titleByHand && source.titleByHand ? source : result;
      result = {
        ...inherited(result, [source]),
        title: named.title,
        titleByHand: named.titleByHand,
        severity: Math.max(result.severity, source.severity),
        kinds: [...new Set([...result.kinds, ...source.kinds])],
        firstAt: earlier(result.firstAt, source.firstAt),
        lastAt: later(result.lastAt, source.lastAt),
        alertCount: result.alertCount + source.alertCount,
      };
    }
    tx.afterCommit(() => this.mergers.inc(sources.length));
    return result;
  }

  /** Writes an incident after an alert of it came or happened again: when, how bad, what it is about. */
  private async touch(tx: Tx, tenantId: string, incident: StoredIncident, alert: StoredAlert): Promise<StoredIncident> {
    const touched: StoredIncident = {
      ...incident,
      severity: Math.max(incident.severity, alert.severity),
      kinds: incident.kinds.includes(alert.kind) ? incident.kinds : [...incident.kinds, alert.kind],
      firstAt: earlier(incident.firstAt, alert.firstAt),
      lastAt: later(incident.lastAt, alert.lastAt),
      updatedAt: this.clock.now(),
      version: incident.version + 1n,
    };
    const title = touched.titleByHand
      ? touched.title
      : incidentTitle(await this.incidents.scope(tx, tenantId, touched));
    const titled = { ...touched, title };
    await this.incidents.save(tx, tenantId, titled);
    return titled;
  }

  private tell(tx: Tx, tenantId: string, alert: StoredAlert): void {
    const { alertId, incidentId } = alert;
    tx.append(AlertChangedSchema, { alertId, incidentId, alert: alertMessage(alert) }, { tenantId });
  }
}
