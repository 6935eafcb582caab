import { Injectable } from '@nestjs/common';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AuthenticateTokenRequest,
  AuthenticateTokenResponseSchema,
  BootstrapRequest,
  BootstrapResponseSchema,
  IdentityService,
} from '#contracts';
import type { RpcHandlers } from '#rpc';
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
}
