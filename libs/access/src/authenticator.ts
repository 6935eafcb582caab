import { Inject, Injectable } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { IdentityService, TelemetryService } from '#contracts';
import { Clock, isDomainError, Metrics, type SettingsOf } from '#kernel';
import { ClientOf, systemContext, type RpcClient } from '#rpc';
import { AccessSettings } from './access.config.js';
import { overloaded, unauthenticated } from './access.errors.js';
import { bearerOf, parseCredential, sameHash, type PresentedCredential } from './credential.js';
import { CredentialDirectory, type KnownCredential } from './credential-directory.js';
import { OidcVerifier } from './oidc-verifier.js';
import { Principal, type PrincipalInit } from './principal.js';
import { principalOfDevice, principalOfToken } from './principals.js';
import { Refusals } from './refusals.js';

/** Tells who presents a credential. The one place where credentials are checked. */
@Injectable()
export class Authenticator {
  private readonly refusals: Refusals;
  private readonly lookups = new Map<string, Promise<PrincipalInit>>();
  private readonly outcomes;

  constructor(
    private readonly directory: CredentialDirectory,
    private readonly oidc: OidcVerifier,
    private readonly clock: Clock,
    @ClientOf(IdentityService) private readonly identity: RpcClient<typeof IdentityService>,
    @ClientOf(TelemetryService) private readonly telemetry: RpcClient<typeof TelemetryService>,
    @Inject(AccessSettings.token) private readonly settings: SettingsOf<typeof AccessSettings>,
    metrics: Metrics,
  ) {
    this.refusals = new Refusals({ maxEntries: settings.maxRefusals, ttlMs: settings.refusalSeconds * 1000 });
    this.outcomes = metrics.counter({
      name: 'gnomon_access_checks_total',
      help: 'Credentials checked, by where the answer came from.',
      labelNames: ['answer'],
    });
  }

  /** @throws DomainError `access.unauthenticated` unless the header holds a valid credential */
  async authenticateHeader(authorization: string | undefined): Promise<Principal> {
    const credential = bearerOf(authorization);
    if (!credential) throw unauthenticated();
    return this.authenticate(credential);
  }

  /**
   * @param text an API token, a device credential, or an access token of the configured identity provider
   * @throws DomainError `access.unauthenticated` where it is wrong, expired or revoked; `access.overloaded`
   */
  async authenticate(text: string): Promise<Principal> {
    const presented = parseCredential(text);
    if (!presented) return this.authenticateForeign(text);
    const known = this.directory.get(presented.id);
    if (known) return this.checkKnown(presented, known);
    return this.lookUp(text, presented);
  }

  private async authenticateForeign(text: string): Promise<Principal> {
    const principal = await this.oidc.verify(text);
    this.outcomes.inc({ answer: principal ? 'oidc' : 'malformed' });
    if (!principal) throw unauthenticated();
    return new Principal(principal);
  }

  private checkKnown(presented: PresentedCredential, known: KnownCredential): Principal {
    const isDevice = known.principal.kind === 'device';
    const right = sameHash(presented.hash, known.hash) && isDevice === (presented.kind === 'gnd');
    if (!right || known.revoked || this.hasExpired(known.principal)) {
      this.outcomes.inc({ answer: 'refused' });
      throw unauthenticated();
    }
    this.outcomes.inc({ answer: 'known' });
    return new Principal(known.principal);
  }

  /** A credential whose event has not been read yet is asked for once; only refusals are remembered. */
  private async lookUp(text: string, presented: PresentedCredential): Promise<Principal> {
    const key = `${presented.id}.${presented.hash.toString('base64')}`;
    if (this.refusals.has(key, this.clock.now().getTime())) {
      this.outcomes.inc({ answer: 'refused-again' });
      throw unauthenticated();
    }
    this.outcomes.inc({ answer: 'looked-up' });
    let pending = this.lookups.get(key);
    if (!pending) {
      if (this.lookups.size >= this.settings.maxLookups) throw overloaded();
      pending = this.ask(text, presented).finally(() => this.lookups.delete(key));
      this.lookups.set(key, pending);
    }
    try {
      const principal = await pending;
      if (this.hasExpired(principal)) throw unauthenticated();
      return new Principal(principal);
    } catch (error) {
      if (!isDomainError(error) || error.kind !== 'unauthenticated') throw error;
      this.refusals.add(key, this.clock.now().getTime());
      throw unauthenticated();
    }
  }

  private async ask(text: string, presented: PresentedCredential): Promise<PrincipalInit> {
    const context = systemContext('', 'access');
    if (presented.kind === 'gno') {
      const answer = await this.identity.authenticateToken({ token: text }, context);
      return principalOfToken({ ...answer, expiresAt: answer.expiresAt && timestampDate(answer.expiresAt) });
    }
    const answer = await this.telemetry.authenticateDevice({ credential: text }, context);
    if (!answer.device || answer.device.revoked) throw unauthenticated();
    return principalOfDevice(answer.tenantId, answer.device);
  }

  private hasExpired(principal: PrincipalInit): boolean {
    return principal.expiresAt !== undefined && principal.expiresAt <= this.clock.now();
  }
}
