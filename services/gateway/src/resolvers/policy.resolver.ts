import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import {
  AppFilterSchema,
  PolicyService,
  type AppFilter,
  type AiKind,
  type AppCategory,
  type Policy,
  type PolicyInputSchema,
  type PolicyMatch,
  type PolicyScope,
  type Severity,
  type Tag,
} from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

interface PolicyFilterInput {
  categories?: Maybe<AppCategory[]>;
  excludedCategories?: Maybe<AppCategory[]>;
  minScore?: Maybe<number>;
  maxScore?: Maybe<number>;
  tags?: Maybe<Tag[]>;
  appIds?: Maybe<string[]>;
  excludedAppIds?: Maybe<string[]>;
  generativeAi?: Maybe<boolean>;
  aiKinds?: Maybe<AiKind[]>;
  includeUnscored: boolean;
}

interface PolicyInput {
  name: string;
  description?: Maybe<string>;
  severity: Severity;
  filter: PolicyFilterInput;
  scope: PolicyScope;
  action?: Maybe<Tag>;
  alert: boolean;
  enabled: boolean;
}

@Resolver('Policy')
export class PolicyResolver {
  constructor(@ClientOf(PolicyService) private readonly service: RpcClient<typeof PolicyService>) {}

  @Query('policies')
  @Allow('viewer')
  async policies(@Args() args: PageArgs, @Context() context: RequestContext): Promise<Connection<Policy>> {
    const answer = await this.service.listPolicies({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.policies, page: answer.page }, args);
  }

  @Query('policy')
  @Allow('viewer')
  policy(@Args('id') id: string, @Context() context: RequestContext): Promise<Policy | null> {
    return context.loaders.policy.load(id);
  }

  @AuditedMutation('createPolicy')
  @Allow('policyAdmin')
  async createPolicy(
    @Args('input') input: PolicyInput,
    @Context() context: RequestContext,
  ): Promise<{ policy: Policy }> {
    return { policy: await this.service.createPolicy({ policy: toContract(input) }, context.call) };
  }

  @AuditedMutation('updatePolicy')
  @Allow('policyAdmin')
  async updatePolicy(
    @Args() args: { id: string; input: PolicyInput; version?: Maybe<bigint> },
    @Context() context: RequestContext,
  ): Promise<{ policy: Policy }> {
    const request = { id: args.id, policy: toContract(args.input), version: args.version ?? 0n };
    return { policy: await this.service.updatePolicy(request, context.call) };
  }

  @AuditedMutation('setPolicyEnabled')
  @Allow('policyAdmin')
  async setPolicyEnabled(
    @Args() args: { id: string; enabled: boolean },
    @Context() context: RequestContext,
  ): Promise<{ policy: Policy }> {
    return { policy: await this.service.setPolicyEnabled({ id: args.id, enabled: args.enabled }, context.call) };
  }

  @AuditedMutation('deletePolicy')
  @Allow('policyAdmin')
  async deletePolicy(@Args('id') id: string, @Context() context: RequestContext): Promise<{ policyId: string }> {
    await this.service.deletePolicy({ id }, context.call);
    return { policyId: id };
  }

  @ResolveField('filter')
  filter(@Parent() policy: Policy): AppFilter {
    return policy.filter ?? create(AppFilterSchema);
  }

  @ResolveField('matches')
  async matches(
    @Parent() policy: Policy,
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<PolicyMatch>> {
    const answer = await context.calls.run(() =>
      this.service.listMatches({ policyId: policy.id, page: pageRequest(args) }, context.call),
    );
    return connection({ items: answer.matches, page: answer.page }, args);
  }
}

function toContract(input: PolicyInput): MessageInitShape<typeof PolicyInputSchema> {
  return { ...present(input), filter: present(input.filter) };
}
