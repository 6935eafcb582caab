import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { CatalogAdminService, type App, type HostAssignment } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import type { Maybe } from './arguments.js';

@Resolver('HostAssignment')
export class HostAssignmentResolver {
  constructor(@ClientOf(CatalogAdminService) private readonly admin: RpcClient<typeof CatalogAdminService>) {}

  @Query('hostAssignments')
  @Allow('viewer')
  async hostAssignments(
    @Args() args: PageArgs & { appId?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<Connection<HostAssignment>> {
    const request = { appId: args.appId ?? '', page: pageRequest(args) };
    const answer = await this.admin.listHostAssignments(request, context.call);
    return connection({ items: answer.assignments, page: answer.page }, args);
  }

  @AuditedMutation('assignHostToApp')
  @Allow('policyAdmin')
  async assignHostToApp(
    @Args('input') input: { host: string; appId: string },
    @Context() context: RequestContext,
  ): Promise<{ assignment: HostAssignment | undefined; takenFrom: App | null }> {
    const request = { host: input.host, appId: input.appId };
    const { assignment, takenFromAppId } = await this.admin.assignHost(request, context.call);
    const takenFrom = takenFromAppId === '' ? null : await context.loaders.app.load(takenFromAppId);
    return { assignment, takenFrom };
  }

  @AuditedMutation('unassignHost')
  @Allow('policyAdmin')
  async unassignHost(
    @Args('host') host: string,
    @Context() context: RequestContext,
  ): Promise<{ host: string; appId: string }> {
    const { appId } = await this.admin.unassignHost({ host }, context.call);
    return { host, appId };
  }

  @ResolveField('app')
  app(@Parent() assignment: HostAssignment, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(assignment.appId);
  }
}
