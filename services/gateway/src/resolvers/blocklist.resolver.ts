import { create } from '@bufbuild/protobuf';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import {
  BlocklistService,
  DeliveryCountsSchema,
  type BlockConflict,
  type Blocklist,
  type DeliveryCounts,
  type Device,
  type DeviceState,
  type DomainRule,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import type { Maybe } from './arguments.js';

@Resolver('Blocklist')
export class BlocklistResolver {
  constructor(@ClientOf(BlocklistService) private readonly service: RpcClient<typeof BlocklistService>) {}

  @Query('blocklists')
  @Allow('viewer')
  async blocklists(@Context() context: RequestContext): Promise<Blocklist[]> {
    return (await this.service.listBlocklists({}, context.call)).blocklists;
  }

  @Query('blocklistRules')
  @Allow('viewer')
  async blocklistRules(
    @Args() args: PageArgs & { group: string },
    @Context() context: RequestContext,
  ): Promise<Connection<DomainRule>> {
    const answer = await this.service.listRules({ group: args.group, page: pageRequest(args) }, context.call);
    return connection({ items: answer.rules, page: answer.page }, args);
  }

  @Query('blocklistConflicts')
  @Allow('viewer')
  async blocklistConflicts(
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<BlockConflict>> {
    const answer = await this.service.listConflicts({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.conflicts, page: answer.page }, args);
  }

  @Query('deviceBlocklistStates')
  @Allow('viewer')
  async deviceBlocklistStates(
    @Args() args: PageArgs & { group?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<Connection<DeviceState>> {
    const request = { group: args.group ?? '', page: pageRequest(args) };
    const answer = await this.service.listDeviceStates(request, context.call);
    return connection({ items: answer.states, page: answer.page }, args);
  }

  @ResolveField('delivery')
  delivery(@Parent() blocklist: Blocklist): DeliveryCounts {
    return blocklist.delivery ?? create(DeliveryCountsSchema);
  }
}

@Resolver('DeviceBlocklistState')
export class DeviceBlocklistStateResolver {
  @ResolveField('device')
  device(@Parent() state: DeviceState, @Context() context: RequestContext): Promise<Device | null> {
    return context.loaders.device.load(state.deviceId);
  }
}
