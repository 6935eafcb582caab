import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow, Caller, Principal } from '#access';
import { tenantNotFound } from '../gateway.errors.js';
import type { RequestContext } from '../graphql/request-context.js';
import { Identity } from '../identity.service.js';
import type { TenantRow } from '../identity.store.js';
import { IdentityViews } from '../identity.views.js';
import type { Maybe } from './arguments.js';

@Resolver('Tenant')
export class TenantResolver {
  constructor(
    private readonly identity: Identity,
    private readonly views: IdentityViews,
  ) {}

  @Query('tenant')
  @Allow('viewer', 'integration')
  async tenant(@Caller() caller: Principal): Promise<TenantRow> {
    const tenant = await this.views.tenant(caller.tenantId);
    if (!tenant) throw tenantNotFound();
    return tenant;
  }

  @AuditedMutation('updateTenant')
  @Allow('admin')
  async updateTenant(
    @Args('input') input: { name?: Maybe<string>; supportUrl?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<{ tenant: TenantRow }> {
    const supportUrl = input.supportUrl === null ? '' : input.supportUrl;
    return { tenant: await this.identity.updateTenant({ name: input.name ?? undefined, supportUrl }, context.call) };
  }

  @ResolveField('id')
  id(@Parent() tenant: TenantRow): string {
    return tenant.tenantId;
  }
}

@Resolver('Me')
export class MeResolver {
  constructor(private readonly tenants: TenantResolver) {}

  @Query('me')
  @Allow('viewer', 'integration')
  me(@Caller() caller: Principal): Principal {
    return caller;
  }

  @ResolveField('tenant')
  tenant(@Parent() caller: Principal): Promise<TenantRow> {
    return this.tenants.tenant(caller);
  }
}
