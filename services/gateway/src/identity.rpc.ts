import { Injectable } from '@nestjs/common';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AuthenticateTokenRequest,
  AuthenticateTokenResponseSchema,
  BootstrapRequest,
  BootstrapResponseSchema,
  GetFirstTenantRequest,
  GetFirstTenantResponseSchema,
  IdentityService,
  RecoverAdminRequest,
  RecoverAdminResponseSchema,
} from '#contracts';
import type { CallContext, RpcHandlers } from '#rpc';
import { systemOnly } from './gateway.errors.js';
import { Identity } from './identity.service.js';

@Injectable()
export class IdentityRpc implements RpcHandlers<typeof IdentityService> {
  constructor(private readonly identity: Identity) {}

  async authenticateToken(
    request: AuthenticateTokenRequest,
  ): Promise<MessageInitShape<typeof AuthenticateTokenResponseSchema>> {
    const { tenantId, id, name, roles, expiresAt } = await this.identity.authenticate(request.token);
    return { tenantId, tokenId: id, name, roles: [...roles], expiresAt: expiresAt && timestampFromDate(expiresAt) };
  }

  async bootstrap(request: BootstrapRequest): Promise<MessageInitShape<typeof BootstrapResponseSchema>> {
    return this.identity.bootstrap({ name: request.tenantName, supportUrl: request.supportUrl });
  }

  async getFirstTenant(
    _: GetFirstTenantRequest,
    { actor }: CallContext,
  ): Promise<MessageInitShape<typeof GetFirstTenantResponseSchema>> {
    if (actor.kind !== 'system') throw systemOnly();
    return { tenantId: await this.identity.firstTenant() };
  }

  async recoverAdmin(
    _: RecoverAdminRequest,
    context: CallContext,
  ): Promise<MessageInitShape<typeof RecoverAdminResponseSchema>> {
    if (context.actor.kind !== 'system') throw systemOnly();
    return this.identity.recoverAdmin(context);
  }
}
