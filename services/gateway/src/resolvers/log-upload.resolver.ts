import { Args, Context, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import { TelemetryService, type LogUpload } from '#contracts';
import { ClientOf, type RpcClient } from '#rpc';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';

@Resolver('LogUpload')
export class LogUploadResolver {
  constructor(@ClientOf(TelemetryService) private readonly telemetry: RpcClient<typeof TelemetryService>) {}

  @Query('logUploads')
  @Allow('viewer')
  async logUploads(@Args() args: PageArgs, @Context() context: RequestContext): Promise<Connection<LogUpload>> {
    const answer = await this.telemetry.listLogUploads({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.uploads, page: answer.page }, args);
  }
}
