import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Args, Context, Parent, Query, ResolveField, Resolver, Subscription } from '@nestjs/graphql';
import { Allow } from '#access';
import {
  CatalogWeightsService,
  type App,
  type AppFeedEntry,
  type AppFeedKind,
  type ScoreHistoryEntry,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AppChangeStreams, type AppChangeEvent } from '../app-change-stream.js';
import { argumentOutOfRange } from '../gateway.errors.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import type { Maybe } from './arguments.js';

const MAX_HISTORY = 200;

@Resolver('AppChange')
export class AppChangeResolver {
  constructor(
    @ClientOf(CatalogWeightsService) private readonly weights: RpcClient<typeof CatalogWeightsService>,
    private readonly streams: AppChangeStreams,
  ) {}

  @Query('appChanges')
  @Allow('viewer', 'integration')
  async appChanges(
    @Args() args: PageArgs & { since?: Maybe<Date>; kinds?: Maybe<AppFeedKind[]> },
    @Context() context: RequestContext,
  ): Promise<Connection<AppFeedEntry>> {
    const since = args.since ? timestampFromDate(args.since) : undefined;
    const request = { kinds: args.kinds ?? [], since, page: pageRequest(args) };
    const answer = await this.weights.listAppChanges(request, context.call);
    return connection({ items: answer.changes, page: answer.page }, args);
  }

  @Subscription('appChanged', {
    resolve(change: AppChangeEvent, _args: unknown, context: RequestContext): AppChangeEvent {
      context.refresh({ newBudget: true });
      return change;
    },
  })
  @Allow('viewer', 'integration')
  appChanged(
    @Args() args: { kinds?: Maybe<AppFeedKind[]> },
    @Context() context: RequestContext,
  ): Promise<AsyncIterableIterator<AppChangeEvent>> {
    return this.streams.subscribe({
      tenantId: context.principal.tenantId,
      kinds: args.kinds ?? [],
      onSlow: () => context.onSlow(),
    });
  }

  @ResolveField('app')
  app(@Parent() change: { readonly appId: string }, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(change.appId);
  }
}

@Resolver('App')
export class ScoreHistoryResolver {
  constructor(@ClientOf(CatalogWeightsService) private readonly weights: RpcClient<typeof CatalogWeightsService>) {}

  @ResolveField('scoreHistory')
  async scoreHistory(
    @Parent() app: App,
    @Args('first') first: number,
    @Context() context: RequestContext,
  ): Promise<ScoreHistoryEntry[]> {
    if (first < 1 || first > MAX_HISTORY) throw argumentOutOfRange('first', `1 to ${MAX_HISTORY}`);
    const request = { appId: app.id, first };
    return (await context.calls.run(() => this.weights.listScoreHistory(request, context.call))).entries;
  }
}
