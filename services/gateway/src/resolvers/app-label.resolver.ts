import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { CatalogAdminService, type App, type AppLabel } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

interface LabelAppsInput {
  labelId: string;
  appIds: string[];
}

interface UpdateAppLabelInput {
  id: string;
  name?: Maybe<string>;
  colour?: Maybe<string>;
  description?: Maybe<string>;
}

@Resolver('App')
export class AppLabelResolver {
  constructor(@ClientOf(CatalogAdminService) private readonly admin: RpcClient<typeof CatalogAdminService>) {}

  @Query('appLabels')
  @Allow('viewer')
  async appLabels(@Args() args: PageArgs, @Context() context: RequestContext): Promise<Connection<AppLabel>> {
    const answer = await this.admin.listLabels({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.labels, page: answer.page }, args);
  }

  @AuditedMutation('createAppLabel')
  @Allow('policyAdmin')
  async createAppLabel(
    @Args('input') input: { name: string; colour?: Maybe<string>; description?: Maybe<string> },
    @Context() context: RequestContext,
  ): Promise<{ label: AppLabel }> {
    return { label: await this.admin.createLabel(present(input), context.call) };
  }

  @AuditedMutation('updateAppLabel')
  @Allow('policyAdmin')
  async updateAppLabel(
    @Args('input') input: UpdateAppLabelInput,
    @Context() context: RequestContext,
  ): Promise<{ label: AppLabel }> {
    const { id, name, colour, description } = input;
    // The contract is told with an empty text that a field is to be cleared.
    const change = {
      name: name ?? undefined,
      colour: colour === null ? '' : colour,
      description: description === null ? '' : description,
    };
    return { label: await this.admin.updateLabel({ id, ...change }, context.call) };
  }

  @AuditedMutation('deleteAppLabel')
  @Allow('policyAdmin')
  async deleteAppLabel(@Args('id') id: string, @Context() context: RequestContext): Promise<{ id: string }> {
    await this.admin.deleteLabel({ id }, context.call);
    return { id };
  }

  @AuditedMutation('labelApps')
  @Allow('policyAdmin')
  labelApps(@Args('input') input: LabelAppsInput, @Context() context: RequestContext) {
    return this.admin.labelApps({ labelId: input.labelId, appIds: input.appIds }, context.call);
  }

  @AuditedMutation('unlabelApps')
  @Allow('policyAdmin')
  unlabelApps(@Args('input') input: LabelAppsInput, @Context() context: RequestContext) {
    return this.admin.labelApps({ labelId: input.labelId, appIds: input.appIds, remove: true }, context.call);
  }

  @ResolveField('labels')
  async labels(@Parent() app: App, @Context() context: RequestContext): Promise<AppLabel[]> {
    const labels = await Promise.all(app.labelIds.map((id) => context.loaders.appLabel.load(id)));
    return labels.filter((label) => label !== null);
  }
}
