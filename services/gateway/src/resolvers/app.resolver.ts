import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import {
  CatalogService,
  type AiKind,
  type App,
  type AppCategory,
  type AppSortField,
  type AppTag,
  type AppUsage,
  type DiscoveredApp,
  type ScoreExplanation,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { argumentOutOfRange } from '../gateway.errors.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { appListFilter, type FactorFilterInput } from './app-list-filter.js';
import { present, type Maybe, type Sort } from './arguments.js';

interface AppListFilter {
  search?: Maybe<string>;
  categories?: Maybe<AppCategory[]>;
  aiKinds?: Maybe<AiKind[]>;
  generativeAi?: Maybe<boolean>;
  minScore?: Maybe<number>;
  maxScore?: Maybe<number>;
  labelIds?: Maybe<string[]>;
  factors?: Maybe<FactorFilterInput[]>;
}

interface CreateCustomAppInput {
  name: string;
  category: AppCategory;
  aiKind?: Maybe<AiKind>;
  generativeAi: boolean;
  description?: Maybe<string>;
  domains: string[];
  ipRanges?: Maybe<string[]>;
  owner?: Maybe<string>;
  note?: Maybe<string>;
  score?: Maybe<number>;
}

interface OverrideScoreInput {
  appId: string;
  score?: Maybe<number>;
  reason?: Maybe<string>;
  expiresAt?: Maybe<Date>;
}

const MAX_DAYS = 180;
const MAX_TOP = 100;

@Resolver('App')
export class AppResolver {
  constructor(@ClientOf(CatalogService) private readonly catalog: RpcClient<typeof CatalogService>) {}

  @Query('apps')
  @Allow('viewer')
  async apps(
    @Args() args: PageArgs & { filter?: Maybe<AppListFilter>; sort?: Maybe<Sort<AppSortField>> },
    @Context() context: RequestContext,
  ): Promise<Connection<App>> {
    const answer = await this.catalog.listApps(
      {
        ...appListFilter(args.filter),
        sort: args.sort?.field,
        descending: args.sort?.direction === 'DESCENDING',
        page: pageRequest(args),
      },
      context.call,
    );
    return connection({ items: answer.apps, page: answer.page }, args);
  }

  @Query('app')
  @Allow('viewer')
  app(@Args('id') id: string, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(id);
  }

  @AuditedMutation('createCustomApp')
  @Allow('policyAdmin')
  async createCustomApp(
    @Args('input') input: CreateCustomAppInput,
    @Context() context: RequestContext,
  ): Promise<{ app: App }> {
    return { app: await this.catalog.createCustomApp(present(input), context.call) };
  }

  @AuditedMutation('deleteCustomApp')
  @Allow('policyAdmin')
  async deleteCustomApp(@Args('appId') appId: string, @Context() context: RequestContext): Promise<{ appId: string }> {
    await this.catalog.deleteCustomApp({ appId }, context.call);
    return { appId };
  }

  @AuditedMutation('overrideScore')
  @Allow('policyAdmin')
  async overrideScore(
    @Args('input') input: OverrideScoreInput,
    @Context() context: RequestContext,
  ): Promise<{ app: App }> {
    const { expiresAt, ...override } = present(input);
    const request = { ...override, expiresAt: expiresAt && timestampFromDate(expiresAt) };
    return { app: await this.catalog.overrideScore(request, context.call) };
  }

  @ResolveField('custom')
  custom(@Parent() app: App): boolean {
    return app.tenantId !== '';
  }

  @ResolveField('scoreExplanation')
  scoreExplanation(@Parent() app: App, @Context() context: RequestContext): Promise<ScoreExplanation | null> {
    return context.loaders.scoreExplanation.load(app.id);
  }

  @ResolveField('tag')
  tag(@Parent() app: App, @Context() context: RequestContext): Promise<AppTag | null> {
    return context.loaders.appTag.load(app.id);
  }

  @ResolveField('discovered')
  discovered(
    @Parent() app: App,
    @Args('days') days: number,
    @Context() context: RequestContext,
  ): Promise<DiscoveredApp | null> {
    if (days < 0 || days > MAX_DAYS) throw argumentOutOfRange('days', `0 to ${MAX_DAYS}`);
    return context.loaders.discoveredApp(days).load(app.id);
  }

  @ResolveField('usage')
  usage(
    @Parent() app: App,
    @Args('days') days: number,
    @Args('top') top: number,
    @Context() context: RequestContext,
  ): Promise<AppUsage | null> {
    if (days < 1 || days > MAX_DAYS) throw argumentOutOfRange('days', `1 to ${MAX_DAYS}`);
    if (top < 1 || top > MAX_TOP) throw argumentOutOfRange('top', `1 to ${MAX_TOP}`);
    return context.loaders.appUsage(days, top).load(app.id);
  }
}

@Resolver('ScoreExplanation')
export class ScoreExplanationResolver {
  /** Contracts name it only where it is not the score itself. */
  @ResolveField('computedScore')
  computedScore(@Parent() explanation: ScoreExplanation): number | undefined {
    return explanation.overrideReason === '' ? explanation.score : explanation.computedScore;
  }
}
