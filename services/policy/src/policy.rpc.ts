import { Injectable } from '@nestjs/common';
import type { PolicyService as PolicyContract } from '#contracts';
import { isId } from '#kernel';
import type { RpcHandlers } from '#rpc';
import { isPlainText } from './domain/text.js';
import { tooManyIds } from './policy.errors.js';
import { PolicyService } from './policy.service.js';
import { PolicyViews } from './policy.views.js';

const MAX_IDS = 1_000;

type Contract = RpcHandlers<typeof PolicyContract>;

/** Serves the contract in `proto/rpc/policy.proto`. */
@Injectable()
export class PolicyRpc implements Contract {
  constructor(
    private readonly policies: PolicyService,
    private readonly views: PolicyViews,
  ) {}

  createPolicy: Contract['createPolicy'] = ({ policy }, context) => this.policies.create(policy, context);

  updatePolicy: Contract['updatePolicy'] = ({ id, policy, version }, context) =>
    this.policies.update(id, policy, version, context);

  setPolicyEnabled: Contract['setPolicyEnabled'] = ({ id, enabled }, context) =>
    this.policies.setEnabled(id, enabled, context);

  deletePolicy: Contract['deletePolicy'] = async ({ id }, context) => {
    await this.policies.delete(id, context);
    return {};
  };

  listPolicies: Contract['listPolicies'] = async ({ page }, { tenantId }) => {
    const { items, info } = await this.views.policies(tenantId, page);
    return { policies: items, page: info };
  };

  getPolicies: Contract['getPolicies'] = async ({ ids }, { tenantId }) => {
    if (ids.length > MAX_IDS) throw tooManyIds('ids', MAX_IDS);
    return { policies: await this.views.policiesById(tenantId, ids.filter(isId)) };
  };

  listMatches: Contract['listMatches'] = async ({ policyId, page }, { tenantId }) => {
    const { items, info } = await this.views.matches(tenantId, isId(policyId) ? policyId : '', page);
    return { matches: items, page: info };
  };

  tagApp: Contract['tagApp'] = ({ appId, tag, reason }, context) => this.policies.tagApp(appId, tag, reason, context);

  getAppTags: Contract['getAppTags'] = async ({ appIds }, { tenantId }) => {
    if (appIds.length > MAX_IDS) throw tooManyIds('appIds', MAX_IDS);
    return { tags: await this.views.tagsById(tenantId, appIds.filter(isPlainText)) };
  };

  listAppTags: Contract['listAppTags'] = async ({ tags, page }, { tenantId }) => {
    const { items, info } = await this.views.tags(tenantId, tags, page);
    return { tags: items, page: info };
  };
}
