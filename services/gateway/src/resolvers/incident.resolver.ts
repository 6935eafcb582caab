import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Args, Context, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import {
  Classification,
  CorrelatorService,
  Determination,
  type Alert,
  type Incident,
  type IncidentComment,
  type IncidentStatus,
  type IncidentStep,
  type Severity,
  type UpdateIncidentRequestSchema,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { IncidentStreams, type IncidentChangeEvent } from '../incident-stream.js';
import { present, type Maybe } from './arguments.js';

interface IncidentFilter {
  severities?: Maybe<Severity[]>;
  statuses?: Maybe<IncidentStatus[]>;
  assignee?: Maybe<string>;
  activeSince?: Maybe<Date>;
}

interface UpdateIncidentInput {
  id: string;
  status?: Maybe<IncidentStatus>;
  assignee?: Maybe<string>;
  classification?: Maybe<Classification>;
  determination?: Maybe<Determination>;
  title?: Maybe<string>;
  version?: Maybe<bigint>;
}

@Resolver('Incident')
export class IncidentResolver {
  constructor(
    @ClientOf(CorrelatorService) private readonly correlator: RpcClient<typeof CorrelatorService>,
    private readonly streams: IncidentStreams,
  ) {}

  @Query('incidents')
  @Allow('viewer', 'integration')
  async incidents(
    @Args() args: PageArgs & { filter?: Maybe<IncidentFilter> },
    @Context() context: RequestContext,
  ): Promise<Connection<Incident>> {
    const { activeSince, ...filter } = present(args.filter);
    const answer = await this.correlator.listIncidents(
      { ...filter, activeSince: activeSince && timestampFromDate(activeSince), page: pageRequest(args) },
      context.call,
    );
    return connection({ items: answer.incidents, page: answer.page }, args);
  }

  @Query('incident')
  @Allow('viewer', 'integration')
  incident(@Args('id') id: string, @Context() context: RequestContext): Promise<Incident | null> {
    return context.loaders.incident.load(id);
  }

  @Query('incidentCursor')
  @Allow('viewer', 'integration')
  incidentCursor(): Promise<string> {
    return this.streams.cursor();
  }

  @AuditedMutation('updateIncident')
  @Allow('analyst')
  async updateIncident(
    @Args('input') input: UpdateIncidentInput,
    @Context() context: RequestContext,
  ): Promise<{ incident: Incident }> {
    return { incident: await this.correlator.updateIncident(toContract(input), context.call) };
  }

  @AuditedMutation('addIncidentComment')
  @Allow('analyst')
  async addIncidentComment(
    @Args() args: { incidentId: string; text: string },
    @Context() context: RequestContext,
  ): Promise<{ comment: IncidentComment }> {
    const request = { incidentId: args.incidentId, text: args.text };
    return { comment: await this.correlator.addComment(request, context.call) };
  }

  @Subscription('incidentChanged', {
    resolve(change: IncidentChangeEvent, _args: unknown, context: RequestContext): IncidentChangeEvent {
      context.refresh({ newBudget: true });
      return change;
    },
  })
  @Allow('viewer', 'integration')
  incidentChanged(
    @Args() args: { after?: Maybe<string>; severities?: Maybe<Severity[]> },
    @Context() context: RequestContext,
  ): Promise<AsyncIterableIterator<IncidentChangeEvent>> {
    return this.streams.subscribe({
      tenantId: context.principal.tenantId,
      after: args.after ?? undefined,
      severities: args.severities ?? [],
      onSlow: () => context.onSlow(),
    });
  }

  @ResolveField('redirectIncident')
  async redirectIncident(@Parent() incident: Incident, @Context() context: RequestContext): Promise<Incident | null> {
    return incident.redirectIncidentId === '' ? null : context.loaders.incident.load(incident.redirectIncidentId);
  }

  @ResolveField('alerts')
  async alerts(
    @Parent() incident: Incident,
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<Alert>> {
    const request = { incidentId: incident.id, page: pageRequest(args) };
    const answer = await context.calls.run(() => this.correlator.listAlerts(request, context.call));
    return connection({ items: answer.alerts, page: answer.page }, args);
  }

  @ResolveField('story')
  async story(@Parent() incident: Incident, @Context() context: RequestContext): Promise<IncidentStep[]> {
    return (await context.loaders.incidentStory.load(incident.id))?.steps ?? [];
  }

  @ResolveField('comments')
  async comments(@Parent() incident: Incident, @Context() context: RequestContext): Promise<IncidentComment[]> {
    return (await context.loaders.incidentStory.load(incident.id))?.comments ?? [];
  }
}

/** Where null clears a field, the contract wants to be told so: with an empty text or the unspecified value. */
function toContract(input: UpdateIncidentInput): MessageInitShape<typeof UpdateIncidentRequestSchema> {
  return {
    id: input.id,
    status: input.status ?? undefined,
    title: input.title ?? undefined,
    version: input.version ?? 0n,
    assignee: input.assignee === null ? '' : input.assignee,
    classification: input.classification === null ? Classification.UNSPECIFIED : input.classification,
    determination: input.determination === null ? Determination.UNSPECIFIED : input.determination,
  };
}
