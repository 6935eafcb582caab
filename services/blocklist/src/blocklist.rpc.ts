import { Injectable } from '@nestjs/common';
import type { BlocklistService as BlocklistContract, PageRequest } from '#contracts';
import { isId } from '#kernel';
import type { RpcHandlers } from '#rpc';
import { groupNotFound, pageInvalid, tooManyIds } from './blocklist.errors.js';
import { BlocklistViews } from './blocklist.views.js';
import { BlocklistService } from './blocklist.service.js';
import { canBeGroup } from './domain/group-name.js';
import { MAX_PAGE, readSlice, sliceOf, type Slice } from './domain/page.js';
import { DEFAULT_GROUP } from './snapshot.store.js';

const MAX_IDS = 1_000;

type Contract = RpcHandlers<typeof BlocklistContract>;

/** Serves the contract in `proto/rpc/blocklist.proto`. */
@Injectable()
export class BlocklistRpc implements Contract {
  constructor(
    private readonly views: BlocklistViews,
    private readonly service: BlocklistService,
  ) {}

  listBlocklists: Contract['listBlocklists'] = async (_request, { tenantId }) => {
    return { blocklists: await this.views.lists(tenantId) };
  };

  listRules: Contract['listRules'] = async ({ group: asked, page }, { tenantId }) => {
    const group = asked || DEFAULT_GROUP;
    const list = await this.service.findList({ tenantId, group });
    if (!list) throw groupNotFound(group);
    const { items, info } = sliceOf(list.rules, sliceAsked(page), (rule) => `${rule.value}\n${rule.kind}`);
    return { rules: items, page: info };
  };

  listConflicts: Contract['listConflicts'] = async ({ page }, { tenantId }) => {
    const conflicts = await this.views.conflicts(tenantId);
    const keyOf = (each: (typeof conflicts)[number]): string => `${each.appId}\n${each.kind}\n${each.value}`;
    const { items, info } = sliceOf(conflicts, sliceAsked(page), keyOf);
    return { conflicts: items, page: info };
  };

  listDeviceStates: Contract['listDeviceStates'] = async ({ group, page }, { tenantId }) => {
    if (!canBeGroup(group)) throw groupNotFound(group);
    const { items, info } = await this.views.states(tenantId, group, sliceAsked(page));
    return { states: items, page: info };
  };

  getDeviceStates: Contract['getDeviceStates'] = async ({ deviceIds }, { tenantId }) => {
    if (deviceIds.length > MAX_IDS) throw tooManyIds(MAX_IDS);
    return { states: await this.views.statesById(tenantId, deviceIds.filter(isId)) };
  };
}

function sliceAsked(page: PageRequest | undefined): Slice {
  const slice = readSlice(page);
  if ('wrong' in slice) {
    throw pageInvalid(
      slice.wrong,
      slice.wrong === 'first' ? `must be 1 to ${MAX_PAGE}` : 'is not a cursor of this list',
    );
  }
  return slice;
}
