import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow, Caller, Principal, type Role } from '#access';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { Identity } from '../identity.service.js';
import type { ApiTokenRow } from '../identity.store.js';
import { IdentityViews } from '../identity.views.js';
import type { Maybe } from './arguments.js';

@Resolver('ApiToken')
export class ApiTokenResolver {
  constructor(
    private readonly identity: Identity,
    private readonly views: IdentityViews,
  ) {}

  @Query('apiTokens')
  @Allow('admin')
  async apiTokens(@Args() args: PageArgs, @Caller() caller: Principal): Promise<Connection<ApiTokenRow>> {
    return connection(await this.views.tokens(caller.tenantId, pageRequest(args)), args);
  }

  @AuditedMutation('createApiToken')
  @Allow('admin')
  async createApiToken(
    @Args('input') input: { name: string; roles: Role[]; expiresAt?: Maybe<Date> },
    @Context() context: RequestContext,
  ): Promise<{ apiToken: ApiTokenRow; token: string }> {
    const { name, roles, expiresAt } = input;
    const made = await this.identity.createToken({ name, roles, expiresAt: expiresAt ?? null }, context.call);
    return { apiToken: made.token, token: made.text };
  }

  @AuditedMutation('revokeApiToken')
  @Allow('admin')
  async revokeApiToken(@Args('id') id: string, @Context() context: RequestContext): Promise<{ apiToken: ApiTokenRow }> {
    return { apiToken: await this.identity.revokeToken(id, context.call) };
  }

  @ResolveField('id')
  id(@Parent() token: ApiTokenRow): string {
    return token.tokenId;
  }
}
