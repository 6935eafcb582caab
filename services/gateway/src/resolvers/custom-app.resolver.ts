import { Args, Context, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { AiKind, CatalogAdminService, type App, type AppCategory, type ImportProblem } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import type { RequestContext } from '../graphql/request-context.js';
import type { Maybe } from './arguments.js';

interface UpdateCustomAppInput {
  appId: string;
  name?: Maybe<string>;
  category?: Maybe<AppCategory>;
  aiKind?: Maybe<AiKind>;
  generativeAi?: Maybe<boolean>;
  description?: Maybe<string>;
  owner?: Maybe<string>;
  domains?: Maybe<string[]>;
  ipRanges?: Maybe<string[]>;
}

interface Imported {
  dryRun: boolean;
  created: number;
  updated: number;
  unchanged: number;
  problems: ImportProblem[];
}

@Resolver('App')
export class CustomAppResolver {
  constructor(@ClientOf(CatalogAdminService) private readonly admin: RpcClient<typeof CatalogAdminService>) {}

  @AuditedMutation('updateCustomApp')
  @Allow('policyAdmin')
  async updateCustomApp(
    @Args('input') input: UpdateCustomAppInput,
    @Context() context: RequestContext,
  ): Promise<{ app: App }> {
    const { appId, name, category, aiKind, generativeAi, description, owner, domains, ipRanges } = input;
    const request = {
      appId,
      name: name ?? undefined,
      category: category ?? undefined,
      // Where null clears a field, the contract wants to be told so.
      aiKind: aiKind === null ? AiKind.UNSPECIFIED : aiKind,
      generativeAi: generativeAi ?? undefined,
      description: description === null ? '' : description,
      owner: owner === null ? '' : owner,
      domains: domains ? { values: domains } : undefined,
      ipRanges: ipRanges ? { values: ipRanges } : undefined,
    };
    return { app: await this.admin.updateCustomApp(request, context.call) };
  }

  @AuditedMutation('importCustomApps')
  @Allow('policyAdmin')
  async importCustomApps(
    @Args() { csv, dryRun }: { csv: string; dryRun: boolean },
    @Context() context: RequestContext,
  ): Promise<Imported> {
    const done = await this.admin.importCustomApps({ csv, dryRun }, context.call);
    const { created, updated, unchanged, problems } = done;
    return { dryRun, created, updated, unchanged, problems };
  }
}
