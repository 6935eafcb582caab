import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { Allow } from '#access';
import {
  CatalogWeightsService,
  type App,
  type FactorGroup,
  type FactorWeight,
  type GroupWeight,
  type RescoreJob,
  type RiskWeights,
  type RiskWeightsPreview,
  type ScoreOverride,
} from '#contracts';
import { isDomainError } from '#kernel';
import { ClientOf, type RpcClient } from '#rpc';
import { argumentOutOfRange } from '../gateway.errors.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

interface WeightsInput {
  groups?: Maybe<{ group: FactorGroup; importance: number }[]>;
  factors?: Maybe<{ factorId: string; importance?: Maybe<number>; notApplicableAsZero?: Maybe<boolean> }[]>;
}

const MAX_MOVERS = 100;

@Resolver('RiskWeights')
export class RiskWeightsResolver {
  constructor(@ClientOf(CatalogWeightsService) private readonly weights: RpcClient<typeof CatalogWeightsService>) {}

  @Query('riskWeights')
  @Allow('viewer')
  riskWeights(@Context() context: RequestContext): Promise<RiskWeights> {
    return this.weights.getRiskWeights({}, context.call);
  }

  @Query('riskWeightsJob')
  @Allow('viewer')
  async riskWeightsJob(
    @Args('version') version: Maybe<bigint>,
    @Context() context: RequestContext,
  ): Promise<RescoreJob | null> {
    try {
      return await this.weights.getRescoreJob({ version: atLeastZero(version) }, context.call);
    } catch (error) {
      if (isDomainError(error) && error.kind === 'not-found') return null;
      throw error;
    }
  }

  @Query('scoreOverrides')
  @Allow('viewer')
  async scoreOverrides(@Args() args: PageArgs, @Context() context: RequestContext): Promise<Connection<ScoreOverride>> {
    const answer = await this.weights.listScoreOverrides({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.overrides, page: answer.page }, args);
  }

  @AuditedMutation('previewRiskWeights')
  @Allow('admin')
  async previewRiskWeights(
    @Args('input') input: WeightsInput & { movers: number },
    @Context() context: RequestContext,
  ): Promise<{ preview: RiskWeightsPreview }> {
    if (input.movers < 0 || input.movers > MAX_MOVERS) throw argumentOutOfRange('movers', `0 to ${MAX_MOVERS}`);
    const request = { ...toContract(input), movers: input.movers };
    return { preview: await this.weights.previewRiskWeights(request, context.call) };
  }

  @AuditedMutation('applyRiskWeights')
  @Allow('admin')
  async applyRiskWeights(
    @Args('input') input: WeightsInput & { version?: Maybe<bigint> },
    @Context() context: RequestContext,
  ): Promise<{ job: RescoreJob }> {
    const request = { ...toContract(input), version: atLeastZero(input.version) };
    return { job: await this.weights.applyRiskWeights(request, context.call) };
  }

  @AuditedMutation('resetRiskWeights')
  @Allow('admin')
  async resetRiskWeights(
    @Args('version') version: Maybe<bigint>,
    @Context() context: RequestContext,
  ): Promise<{ job: RescoreJob }> {
    return { job: await this.weights.resetRiskWeights({ version: atLeastZero(version) }, context.call) };
  }
}

@Resolver('GroupWeight')
export class GroupWeightResolver {
  @ResolveField('changed')
  changed(@Parent() { importance, defaultImportance }: GroupWeight): boolean {
    return importance !== defaultImportance;
  }
}

@Resolver('FactorWeight')
export class FactorWeightResolver {
  @ResolveField('changed')
  changed(@Parent() weight: FactorWeight): boolean {
    return (
      weight.importance !== weight.defaultImportance || weight.notApplicableAsZero !== weight.defaultNotApplicableAsZero
    );
  }
}

@Resolver('ScoreOverride')
export class ScoreOverrideResolver {
  @ResolveField('app')
  app(@Parent() override: ScoreOverride, @Context() context: RequestContext): Promise<App | null> {
    return context.loaders.app.load(override.appId);
  }
}

/** Importances below 0 cannot be sent; the first is named as the contract would. */
function toContract({ groups, factors }: WeightsInput) {
  for (const [field, rows] of [['groups', groups] as const, ['factors', factors] as const]) {
    const at = (rows ?? []).findIndex(({ importance }) => typeof importance === 'number' && importance < 0);
    if (at >= 0) throw argumentOutOfRange(`${field}.${at}.importance`, '0, 1, 2, 4 or 8');
  }
  return { groups: groups ?? [], factors: (factors ?? []).map((factor) => present(factor)) };
}

function atLeastZero(version: Maybe<bigint>): bigint | undefined {
  if (typeof version === 'bigint' && version < 0n) throw argumentOutOfRange('version', '0 or more');
  return version ?? undefined;
}
