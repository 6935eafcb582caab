import { Args, Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { CatalogAdminService, type App, type AppNote } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';

@Resolver('App')
export class AppNoteResolver {
  constructor(@ClientOf(CatalogAdminService) private readonly admin: RpcClient<typeof CatalogAdminService>) {}

  @AuditedMutation('addAppNote')
  @Allow('analyst')
  async addAppNote(
    @Args('input') input: { appId: string; text: string },
    @Context() context: RequestContext,
  ): Promise<{ note: AppNote }> {
    return { note: await this.admin.addNote({ appId: input.appId, text: input.text }, context.call) };
  }

  @AuditedMutation('editAppNote')
  @Allow('analyst')
  async editAppNote(
    @Args('input') input: { id: string; text: string },
    @Context() context: RequestContext,
  ): Promise<{ note: AppNote }> {
    return { note: await this.admin.editNote({ id: input.id, text: input.text }, context.call) };
  }

  @AuditedMutation('deleteAppNote')
  @Allow('analyst')
  async deleteAppNote(@Args('id') id: string, @Context() context: RequestContext): Promise<{ id: string }> {
    await this.admin.deleteNote({ id }, context.call);
    return { id };
  }

  @ResolveField('notes')
  async notes(
    @Parent() app: App,
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<AppNote>> {
    const request = { appId: app.id, page: pageRequest(args) };
    const answer = await context.calls.run(() => this.admin.listNotes(request, context.call));
    return connection({ items: answer.notes, page: answer.page }, args);
  }
}
