import { Injectable } from '@nestjs/common';
import type { CorrelatorService as CorrelatorContract } from '#contracts';
import { isId } from '#kernel';
import type { RpcHandlers } from '#rpc';
import { AlertViews } from './alert.views.js';
import { incidentNotFound, tooManyIds } from './correlator.errors.js';
import { IncidentService } from './incident.service.js';
import { IncidentViews } from './incident.views.js';

const MAX_IDS = 1_000;

type Contract = RpcHandlers<typeof CorrelatorContract>;

/** Serves the contract in `proto/rpc/correlator.proto`. */
@Injectable()
export class CorrelatorRpc implements Contract {
  constructor(
    private readonly incidents: IncidentService,
    private readonly alertViews: AlertViews,
    private readonly incidentViews: IncidentViews,
  ) {}

  listAlerts: Contract['listAlerts'] = async (request, { tenantId }) => {
    const { items, info } = await this.alertViews.list(tenantId, request);
    return { alerts: items, page: info };
  };

  listIncidents: Contract['listIncidents'] = async (request, { tenantId }) => {
    const { items, info } = await this.incidentViews.list(tenantId, request);
    return { incidents: items, page: info };
  };

  getIncidents: Contract['getIncidents'] = async ({ ids }, { tenantId }) => {
    if (ids.length > MAX_IDS) throw tooManyIds('ids', MAX_IDS);
    return { incidents: await this.incidentViews.byId(tenantId, ids.filter(isId)) };
  };

  getIncidentStory: Contract['getIncidentStory'] = async ({ incidentId }, { tenantId }) => {
    const story = isId(incidentId) ? await this.incidentViews.story(tenantId, incidentId) : undefined;
    if (!story) throw incidentNotFound(incidentId);
    return story;
  };

  updateIncident: Contract['updateIncident'] = (request, context) => {
    const { id, status, assignee, classification, determination, title, version } = request;
    return this.incidents.update(id, { status, assignee, classification, determination, title }, version, context);
  };

  addComment: Contract['addComment'] = ({ incidentId, text }, context) =>
    this.incidents.comment(incidentId, text, context);
}
