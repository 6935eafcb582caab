import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { CorrelatorService, type Alert, type AlertKind, type Incident, type Policy, type Severity } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

interface AlertFilter {
  severities?: Maybe<Severity[]>;
  kinds?: Maybe<AlertKind[]>;
  incidentId?: Maybe<string>;
  appId?: Maybe<string>;
  user?: Maybe<string>;
  deviceId?: Maybe<string>;
}

@Resolver('Alert')
export class AlertResolver {
  constructor(@ClientOf(CorrelatorService) private readonly correlator: RpcClient<typeof CorrelatorService>) {}

  @Query('alerts')
  @Allow('viewer', 'integration')
  async alerts(
    @Args() args: PageArgs & { filter?: Maybe<AlertFilter> },
    @Context() context: RequestContext,
  ): Promise<Connection<Alert>> {
    const request = { ...present(args.filter), page: pageRequest(args) };
    const answer = await this.correlator.listAlerts(request, context.call);
    return connection({ items: answer.alerts, page: answer.page }, args);
  }

  @ResolveField('incident')
  incident(@Parent() alert: Alert, @Context() context: RequestContext): Promise<Incident | null> {
    return context.loaders.incident.load(alert.incidentId);
  }

  @ResolveField('policy')
  async policy(@Parent() alert: Alert, @Context() context: RequestContext): Promise<Policy | null> {
    return alert.policyId === '' ? null : context.loaders.policy.load(alert.policyId);
  }
}
