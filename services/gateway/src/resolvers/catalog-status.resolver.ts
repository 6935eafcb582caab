import { Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { CatalogUpdateService, type CatalogStatus, type RefusedUpdate } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import type { RequestContext } from '../graphql/request-context.js';

@Resolver('CatalogStatus')
export class CatalogStatusResolver {
  constructor(@ClientOf(CatalogUpdateService) private readonly updates: RpcClient<typeof CatalogUpdateService>) {}

  @Query('catalogStatus')
  @Allow('viewer')
  catalogStatus(@Context() context: RequestContext): Promise<CatalogStatus> {
    return this.updates.getCatalogStatus({}, context.call);
  }

  @ResolveField('lastRefusedUpdate')
  lastRefusedUpdate(@Parent() status: CatalogStatus): RefusedUpdate | null {
    return status.lastRefused ?? null;
  }
}
