import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdentityService, TelemetryService } from '#contracts';
import { RpcModule } from '#rpc';
import { AccessSettings } from './access.config.js';
import { AccessGuard } from './access.guard.js';
import { Authenticator } from './authenticator.js';
import { CredentialDirectory } from './credential-directory.js';
import { OidcSettings } from './oidc.config.js';
import { OidcVerifier } from './oidc-verifier.js';

/** Closes every HTTP handler and GraphQL operation of a process but to the callers its decorators name. Import once. */
@Global()
@Module({
  // Asked only for credentials whose event has not been read yet.
  imports: [RpcModule.optionalClients(IdentityService, TelemetryService)],
  providers: [
    AccessSettings.provider,
    OidcSettings.provider,
    OidcVerifier,
    CredentialDirectory,
    Authenticator,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [Authenticator, CredentialDirectory],
})
export class AccessModule {}
