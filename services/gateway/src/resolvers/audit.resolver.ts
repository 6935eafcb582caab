import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, Caller, Principal } from '#access';
import { AuditViews, type AuditEntry, type AuditQuery } from '../audit.views.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { Maybe } from './arguments.js';

@Resolver('AuditEntry')
export class AuditResolver {
  constructor(private readonly views: AuditViews) {}

  @Query('auditLog')
  @Allow('admin')
  async auditLog(
    @Args() args: PageArgs & { filter?: Maybe<AuditQuery> },
    @Caller() caller: Principal,
  ): Promise<Connection<AuditEntry>> {
    return connection(await this.views.entries(caller.tenantId, args.filter ?? {}, pageRequest(args)), args);
  }
}
