import { create, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import {
  AddCommentRequestSchema,
  GetIncidentStoryRequestSchema,
  GetIncidentsRequestSchema,
  ListAlertsRequestSchema,
  ListIncidentsRequestSchema,
  UpdateIncidentRequestSchema,
  type Alert,
  type Incident,
  type IncidentStory,
} from '#contracts';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppendedEvent, Database, Tx } from '#database';
import { Metrics } from '#kernel';
import type { CallContext } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { AlertStore } from '../src/alert.store.js';
import { AlertViews } from '../src/alert.views.js';
import { AttemptStore } from '../src/attempt.store.js';
import { CorrelationService } from '../src/correlation.service.js';
import { CorrelatorSettings } from '../src/correlator.config.js';
import { CorrelatorRpc } from '../src/correlator.rpc.js';
import { CorrelatorService } from '../src/correlator.service.js';
import { DetectionService } from '../src/detection.service.js';
import type { Sighting } from '../src/domain/sighting.js';
import { IncidentAnnouncer } from '../src/incident-announcer.js';
import { IncidentService } from '../src/incident.service.js';
import { IncidentStore } from '../src/incident.store.js';
import { IncidentViews } from '../src/incident.views.js';
import { InitCorrelator1700000000000 } from '../src/migrations/1700000000000-init.js';
import { NameStore } from '../src/name.store.js';
import { NOON } from './sightings.js';

/** The correlator on a database of its own, without the event log: what it appends is kept here. */
export class CorrelatorWorld {
  readonly clock = new FakeClock(NOON);
  readonly names = new NameStore();
  private readonly correlator: CorrelatorService;
  private readonly rpc: CorrelatorRpc;
  private committed: { order: number; schema: DescMessage; message: unknown; tenantId: string }[] = [];
  private commits = 0;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    const settings = CorrelatorSettings.load(environment);
    const [alerts, incidents] = [new AlertStore(), new IncidentStore()];
    const announcer = new IncidentAnnouncer(incidents);
    const detection = new DetectionService(this.names, new AttemptStore(), this.clock, settings);
    const correlation = new CorrelationService(alerts, incidents, announcer, this.clock, settings, new Metrics());
    const service = new IncidentService(database, alerts, incidents, announcer, this.clock);
    this.correlator = new CorrelatorService(alerts, detection, correlation);
    this.rpc = new CorrelatorRpc(service, new AlertViews(database), new IncidentViews(database));
    database.onBeforeCommit(async (tx: Tx, appended: readonly AppendedEvent[]) => {
      // The order of a tenant's commits is that of its lock, which is held here; answers may come in any order.
      const order = ++this.commits;
      tx.afterCommit(() => this.committed.push(...appended.map((event) => ({ ...event, order }))));
    });
  }

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<CorrelatorWorld> {
    return new CorrelatorWorld(await testDatabase('correlator', [InitCorrelator1700000000000]), environment);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  /** One transaction, as one batch of events is. */
  async see(tenantId: string, ...sightings: Sighting[]): Promise<void> {
    await this.database.transaction((tx) =>
      this.correlator.seen(
        tx,
        sightings.map((sighting) => ({ tenantId, sighting })),
      ),
    );
  }

  async alerts(tenantId: string, filter: MessageInitShape<typeof ListAlertsRequestSchema> = {}): Promise<Alert[]> {
    const request = create(ListAlertsRequestSchema, { ...filter, page: { first: 100 } } as typeof filter);
    return (await this.rpc.listAlerts(request, caller(tenantId))).alerts as Alert[];
  }

  async listAlerts(tenantId: string, filter: MessageInitShape<typeof ListAlertsRequestSchema>) {
    return this.rpc.listAlerts(create(ListAlertsRequestSchema, filter), caller(tenantId));
  }

  async incidents(
    tenantId: string,
    filter: MessageInitShape<typeof ListIncidentsRequestSchema> = {},
  ): Promise<Incident[]> {
    const request = create(ListIncidentsRequestSchema, { ...filter, page: { first: 100 } } as typeof filter);
    return (await this.rpc.listIncidents(request, caller(tenantId))).incidents as Incident[];
  }

  async incident(tenantId: string, id: string): Promise<Incident | undefined> {
    const request = create(GetIncidentsRequestSchema, { ids: [id] });
    return (await this.rpc.getIncidents(request, caller(tenantId))).incidents?.[0] as Incident | undefined;
  }

  async story(tenantId: string, incidentId: string): Promise<IncidentStory> {
    const request = create(GetIncidentStoryRequestSchema, { incidentId });
    return (await this.rpc.getIncidentStory(request, caller(tenantId))) as IncidentStory;
  }

  async update(tenantId: string, request: MessageInitShape<typeof UpdateIncidentRequestSchema>): Promise<Incident> {
    return (await this.rpc.updateIncident(create(UpdateIncidentRequestSchema, request), caller(tenantId))) as Incident;
  }

  comment(tenantId: string, incidentId: string, text: string) {
    return this.rpc.addComment(create(AddCommentRequestSchema, { incidentId, text }), caller(tenantId));
  }

  /** The events of one type and tenant that were committed since they were last asked for. */
  drain<S extends DescMessage>(schema: S, tenantId: string): MessageShape<S>[] {
    const drained = this.committed.filter((event) => event.schema === schema && event.tenantId === tenantId);
    this.committed = this.committed.filter((event) => !drained.includes(event));
    drained.sort((a, b) => a.order - b.order);
    return drained.map((event) => event.message as MessageShape<S>);
  }
}

function caller(tenantId: string): CallContext {
  return { tenantId, actor: { kind: 'user', id: 'ann', name: 'ann' }, correlationId: 'test' };
}
