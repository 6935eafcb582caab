import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import type { App, BlockConflict, DomainRule, PolicyMatch } from '#contracts';
import type { RequestContext } from '../graphql/request-context.js';

@Resolver('PolicyMatch')
export class PolicyMatchResolver {
  @ResolveField('app')
  app(@Parent() match: PolicyMatch, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(match.appId);
  }
}

@Resolver('BlocklistRule')
export class BlocklistRuleResolver {
  @ResolveField('app')
  app(@Parent() rule: DomainRule, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(rule.appId);
  }
}

@Resolver('BlocklistConflict')
export class BlocklistConflictResolver {
  @ResolveField('app')
  app(@Parent() conflict: BlockConflict, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(conflict.appId);
  }

  @ResolveField('sharedWithApp')
  async sharedWithApp(@Parent() conflict: BlockConflict, @Context() context: RequestContext): Promise<App | null> {
    return conflict.sharedWithAppId === '' ? null : context.loaders.app.load(conflict.sharedWithAppId);
  }
}
