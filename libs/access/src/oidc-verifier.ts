import { Inject, Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { Clock, isId, type SettingsOf } from '#kernel';
import { OidcSettings } from './oidc.config.js';
import { incompleteProvider, unavailableProvider } from './access.errors.js';
import type { PrincipalInit } from './principal.js';
import { isRole, type Role } from './role.js';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const JWKS_COOLDOWN_MS = 30_000;
const JWKS_TIMEOUT_MS = 5_000;
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_TOKEN_LENGTH = 16_384;

/** Checks access tokens of the organisation's identity provider (OpenID Connect), where one is configured. */
@Injectable()
export class OidcVerifier {
  private readonly logger = new Logger(OidcVerifier.name);
  private readonly keys: JWTVerifyGetKey | undefined;

  constructor(
    @Inject(OidcSettings.token) private readonly settings: SettingsOf<typeof OidcSettings>,
    private readonly clock: Clock,
  ) {
    if (settings.jwksUrl) {
      if (!settings.issuer || !settings.audience) throw incompleteProvider();
      this.keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
        cooldownDuration: JWKS_COOLDOWN_MS,
        timeoutDuration: JWKS_TIMEOUT_MS,
      });
    }
  }

  /**
   * @returns the caller; undefined where no provider is configured or the token is not a valid one of it
   * @throws DomainError `access.provider-unavailable` where the provider's keys cannot be read
   */
  async verify(text: string): Promise<PrincipalInit | undefined> {
    const { issuer, audience } = this.settings;
    if (!this.keys || !issuer || !audience || text.length > MAX_TOKEN_LENGTH || text.split('.').length !== 3) {
      return undefined;
    }
    try {
      const { payload } = await jwtVerify(text, this.keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        typ: this.settings.tokenType || undefined,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: this.clock.now(),
      });
      return this.principalOf(payload);
    } catch (error) {
      if (isRefusal(error)) return undefined;
      this.logger.warn(`The keys of the identity provider cannot be read: ${String(error)}`);
      throw unavailableProvider();
    }
  }

  private principalOf(payload: JWTPayload): PrincipalInit | undefined {
    const tenantId = this.settings.tenantId || textAt(payload, this.settings.tenantClaim);
    const roles = this.rolesOf(payload);
    if (!tenantId || !isId(tenantId) || roles.length === 0) return undefined;
    const subject = payload.sub!;
    const name =
      textAt(payload, 'preferred_username') ?? textAt(payload, 'email') ?? textAt(payload, 'name') ?? subject;
    return {
      tenantId,
      kind: roles.every((role) => role === 'integration') ? 'integration' : 'user',
      id: subject,
      name,
      roles,
      expiresAt: new Date(payload.exp! * 1000),
    };
  }

  private rolesOf(payload: JWTPayload): Role[] {
    const claimed = valueAt(payload, this.settings.rolesClaim);
    const values = Array.isArray(claimed) ? claimed : typeof claimed === 'string' ? claimed.split(' ') : [];
    const roles = values
      .filter((value): value is string => typeof value === 'string')
      .map((value) => (this.settings.roleMap.size > 0 ? this.settings.roleMap.get(value) : value))
      .filter((value): value is Role => value !== undefined && isRole(value) && value !== 'device');
    return [...new Set(roles)];
  }
}

/** Refusals are about the token; anything else is about the provider. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC'
  );
}

/** The value at a dotted path, for example `realm_access.roles`; a claim whose name has dots is found first. */
function valueAt(payload: JWTPayload, path: string): unknown {
  if (path in payload) return payload[path];
  let value: unknown = payload;
  for (const part of path.split('.')) {
    if (!value || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function textAt(payload: JWTPayload, path: string): string | undefined {
  const value = valueAt(payload, path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
