import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import {
  AppSortField,
  CatalogSearchService,
  CatalogService,
  type App,
  type AppFacets,
  type SavedAppQuery,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { appListFilter, shownFilter, type FactorFilterInput } from './app-list-filter.js';
import type { Maybe, Sort } from './arguments.js';

type Filter = Maybe<{ factors?: Maybe<FactorFilterInput[]> }>;

@Resolver()
export class AppSearchResolver {
  constructor(@ClientOf(CatalogSearchService) private readonly search: RpcClient<typeof CatalogSearchService>) {}

  @Query('appFacets')
  @Allow('viewer')
  appFacets(
    @Args() args: { filter?: Filter; factors?: Maybe<string[]> },
    @Context() context: RequestContext,
  ): Promise<AppFacets> {
    return context.calls.run(() =>
      this.search.countAppFacets({ filter: appListFilter(args.filter), factorIds: args.factors ?? [] }, context.call),
    );
  }

  @Query('savedAppQueries')
  @Allow('viewer')
  async savedAppQueries(@Context() context: RequestContext): Promise<SavedAppQuery[]> {
    return (await this.search.listSavedAppQueries({}, context.call)).queries;
  }

  @AuditedMutation('saveAppQuery')
  @Allow('analyst')
  async saveAppQuery(
    @Args('input') { name, filter, sort }: { name: string; filter?: Filter; sort?: Maybe<Sort<AppSortField>> },
    @Context() context: RequestContext,
  ): Promise<{ query: SavedAppQuery }> {
    const order = { sort: sort?.field, descending: sort?.direction === 'DESCENDING' };
    const query = await this.search.saveAppQuery({ name, query: { ...appListFilter(filter), ...order } }, context.call);
    return { query };
  }

  @AuditedMutation('renameAppQuery')
  @Allow('analyst')
  async renameAppQuery(
    @Args('input') input: { id: string; name: string },
    @Context() context: RequestContext,
  ): Promise<{ query: SavedAppQuery }> {
    return { query: await this.search.renameSavedAppQuery(input, context.call) };
  }

  @AuditedMutation('deleteAppQuery')
  @Allow('analyst')
  async deleteAppQuery(@Args('id') id: string, @Context() context: RequestContext): Promise<{ id: string }> {
    await this.search.deleteSavedAppQuery({ id }, context.call);
    return { id };
  }
}

@Resolver('SavedAppQuery')
export class SavedAppQueryResolver {
  constructor(@ClientOf(CatalogService) private readonly catalog: RpcClient<typeof CatalogService>) {}

  @ResolveField('filter')
  filter(@Parent() { query }: SavedAppQuery): Record<string, unknown> {
    return shownFilter(query);
  }

  @ResolveField('sort')
  sort(@Parent() { query }: SavedAppQuery): AppSortField {
    return query?.sort ?? AppSortField.UNSPECIFIED;
  }

  @ResolveField('descending')
  descending(@Parent() { query }: SavedAppQuery): boolean {
    return query?.descending ?? false;
  }

  @ResolveField('apps')
  async apps(
    @Parent() { query }: SavedAppQuery,
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<App>> {
    const { $typeName: _, ...asked } = query ?? { $typeName: '' };
    const page = pageRequest(args);
    const answer = await context.calls.run(() => this.catalog.listApps({ ...asked, page }, context.call));
    return connection({ items: answer.apps, page: answer.page }, args);
  }
}

@Resolver('AppScoreFacet')
export class AppScoreFacetResolver {
  @ResolveField('to')
  to(@Parent() { from }: { from?: number }): number | null {
    return from === undefined ? null : from + 1;
  }
}

@Resolver('AppCountryFacet')
export class AppCountryFacetResolver {
  @ResolveField('country')
  country(@Parent() { value }: { value: string }): string {
    return value;
  }
}
