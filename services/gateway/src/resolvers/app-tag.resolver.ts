import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import { PolicyService, type App, type AppTag, type Policy, type Tag } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

@Resolver('AppTag')
export class AppTagResolver {
  constructor(@ClientOf(PolicyService) private readonly policies: RpcClient<typeof PolicyService>) {}

  @Query('appTags')
  @Allow('viewer')
  async appTags(
    @Args() args: PageArgs & { tags?: Maybe<Tag[]> },
    @Context() context: RequestContext,
  ): Promise<Connection<AppTag>> {
    const answer = await this.policies.listAppTags({ tags: args.tags ?? [], page: pageRequest(args) }, context.call);
    return connection({ items: answer.tags, page: answer.page }, args);
  }

  @AuditedMutation('tagApp')
  @Allow('policyAdmin')
  async tagApp(
    @Args('input') input: { appId: string; tag?: Maybe<Tag>; reason?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<{ appTag: AppTag }> {
    return { appTag: await this.policies.tagApp(present(input), context.call) };
  }

  @ResolveField('app')
  app(@Parent() tag: AppTag, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(tag.appId);
  }

  @ResolveField('policy')
  async policy(@Parent() tag: AppTag, @Context() context: RequestContext): Promise<Policy | null> {
    return tag.policyId === '' ? null : context.loaders.policy.load(tag.policyId);
  }

  @ResolveField('overruledPolicies')
  async overruledPolicies(@Parent() tag: AppTag, @Context() context: RequestContext): Promise<Policy[]> {
    const policies = await Promise.all(tag.overruledPolicyIds.map((id) => context.loaders.policy.load(id)));
    return policies.filter((policy) => policy !== null);
  }
}
