import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import {
  DiscoveredAppSortField,
  TelemetryService,
  type App,
  type AppCategory,
  type AppTag,
  type DiscoveredApp,
  type Tag,
  type UnclaimedHost,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { argumentOutOfRange } from '../gateway.errors.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe, type Sort } from './arguments.js';

interface DiscoveredAppFilter {
  search?: Maybe<string>;
  categories?: Maybe<AppCategory[]>;
  generativeAi?: Maybe<boolean>;
  minScore?: Maybe<number>;
  maxScore?: Maybe<number>;
  tags?: Maybe<Tag[]>;
  appIds?: Maybe<string[]>;
}

interface DiscoveredAppsArgs extends PageArgs {
  filter?: Maybe<DiscoveredAppFilter>;
  days: number;
  sort?: Maybe<Sort<DiscoveredAppSortField>>;
}

const MAX_DAYS = 180;

@Resolver('DiscoveredApp')
export class DiscoveredAppResolver {
  constructor(@ClientOf(TelemetryService) private readonly telemetry: RpcClient<typeof TelemetryService>) {}

  @Query('discoveredApps')
  @Allow('viewer')
  async discoveredApps(
    @Args() args: DiscoveredAppsArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<DiscoveredApp>> {
    if (args.days < 0 || args.days > MAX_DAYS) throw argumentOutOfRange('days', `0 to ${MAX_DAYS}`);
    const sort = args.sort ?? { field: DiscoveredAppSortField.TRAFFIC, direction: 'DESCENDING' };
    const answer = await this.telemetry.listDiscoveredApps(
      {
        filter: present(args.filter),
        days: args.days,
        sort: sort.field,
        descending: sort.direction === 'DESCENDING',
        page: pageRequest(args),
      },
      context.call,
    );
    return connection({ items: answer.apps, page: answer.page }, args);
  }

  @Query('unclaimedHosts')
  @Allow('viewer')
  async unclaimedHosts(
    @Args() args: PageArgs & { generativeAiHint: boolean },
    @Context() context: RequestContext,
  ): Promise<Connection<UnclaimedHost>> {
    const answer = await this.telemetry.listUnclaimedHosts(
      { generativeAiHint: args.generativeAiHint, page: pageRequest(args) },
      context.call,
    );
    return connection({ items: answer.hosts, page: answer.page }, args);
  }

  @ResolveField('app')
  app(@Parent() discovered: DiscoveredApp, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(discovered.appId);
  }

  @ResolveField('tag')
  tag(@Parent() discovered: DiscoveredApp, @Context() context: RequestContext): Promise<AppTag | null> {
    return context.loaders.appTag.load(discovered.appId);
  }
}
