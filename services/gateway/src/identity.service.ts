import { Inject, Injectable } from '@nestjs/common';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  issueCredential,
  parseCredential,
  principalOfToken,
  sameHash,
  unauthenticated,
  type PrincipalInit,
  type Role,
} from '#access';
import { ApiTokenChangedSchema, TenantChangedSchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, isDomainError, isId, newId, type SettingsOf } from '#kernel';
import type { CallContext } from '#rpc';
import { Audit } from './audit.service.js';
import { isSupportUrl } from './domain/support-url.js';
import { GatewaySettings } from './gateway.config.js';
import * as errors from './gateway.errors.js';
import { IdentityStore, type ApiTokenRow, type TenantRow } from './identity.store.js';
import { IdentityViews } from './identity.views.js';

const MAX_NAME_LENGTH = 120;
const RECOVERED = { name: 'Recovered admin', createdBy: 'local recovery' };

export interface NewToken {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly expiresAt: Date | null;
}

/** Organisations and the API tokens that let people and programs into them. */
@Injectable()
export class Identity {
  constructor(
    private readonly db: Database,
    private readonly store: IdentityStore,
    private readonly views: IdentityViews,
    private readonly audit: Audit,
    private readonly clock: Clock,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
  ) {}

  /** @throws DomainError `tenant.exists`; `tenant.name-invalid`; `tenant.support-url-invalid` */
  async bootstrap(input: { name: string; supportUrl: string }): Promise<{ tenantId: string; adminToken: string }> {
    const tenant = this.checked({ tenantId: newId(), createdAt: this.clock.now(), ...input });
    return this.db.transaction(async (tx) => {
      if (await this.store.lockForBootstrap(tx)) throw errors.tenantExists();
      await this.store.insertTenant(tx, tenant);
      announceTenant(tx, tenant);
      const { text } = await this.issue(tx, tenant.tenantId, 'first start', {
        name: 'First admin',
        roles: ['admin'],
        expiresAt: null,
      });
      return { tenantId: tenant.tenantId, adminToken: text };
    });
  }

  /** The id of the organisation that was made first. @throws DomainError `tenant.not-found` */
  async firstTenant(): Promise<string> {
    const tenantId = await this.views.firstTenant();
    if (tenantId === undefined) throw errors.tenantNotFound();
    return tenantId;
  }

  /**
   * A new admin token for the organisation that was made first, in place of those recovered before. No limit on tokens
   * stands in its way.
   *
   * @throws DomainError `tenant.not-found`
   */
  async recoverAdmin(context: CallContext): Promise<{ tenantId: string; adminToken: string }> {
    const tenantId = await this.firstTenant();
    const operation = { operation: 'recoverAdmin', target: '', arguments: {} };
    const end = await this.audit.begin({ ...context, tenantId }, operation);
    try {
      const { token, text } = await this.db.transaction(async (tx) => {
        await this.store.lockTenant(tx, tenantId);
        const revoked = await this.store.revokeTokensOf(tx, tenantId, RECOVERED, this.clock.now());
        for (const each of revoked) announceToken(tx, each);
        const input = { name: RECOVERED.name, roles: ['admin' as const], expiresAt: null };
        return this.issue(tx, tenantId, RECOVERED.createdBy, input);
      });
      await end({ outcome: 'SUCCEEDED', target: token.tokenId });
      return { tenantId, adminToken: text };
    } catch (error) {
      await end({ outcome: 'FAILED', errorCode: isDomainError(error) ? error.code : 'internal' });
      throw error;
    }
  }

  /** @throws DomainError `access.unauthenticated` for a wrong, revoked or expired token */
  async authenticate(text: string): Promise<PrincipalInit> {
    const presented = parseCredential(text);
    if (presented?.kind !== 'gno') throw unauthenticated();
    const token = await this.views.tokenForAuthentication(presented.id);
    if (!token || !sameHash(presented.hash, token.secretHash) || !isValid(token, this.clock.now()))
      throw unauthenticated();
    return principalOfToken({ ...token, expiresAt: token.expiresAt ?? undefined });
  }

  /** Changes what the fields say; `undefined` leaves a field as it is. */
  async updateTenant(
    change: { name?: string | undefined; supportUrl?: string | undefined },
    context: CallContext,
  ): Promise<TenantRow> {
    return this.db.transaction(async (tx) => {
      const current = await this.store.lockTenant(tx, context.tenantId);
      if (!current) throw errors.tenantNotFound();
      const tenant = this.checked({
        ...current,
        name: change.name ?? current.name,
        supportUrl: change.supportUrl ?? current.supportUrl,
      });
      await this.store.updateTenant(tx, tenant);
      announceTenant(tx, tenant);
      return tenant;
    });
  }

  /** @returns the token as it is stored, and its text, which is shown only this once */
  async createToken(input: NewToken, context: CallContext): Promise<{ token: ApiTokenRow; text: string }> {
    const name = input.name.trim();
    if (name.length < 1 || name.length > MAX_NAME_LENGTH) throw errors.tokenNameInvalid();
    if (input.roles.length === 0 || input.roles.includes('device')) throw errors.tokenRolesInvalid();
    const now = this.clock.now();
    if (input.expiresAt && input.expiresAt <= now) throw errors.tokenExpiryInvalid();
    return this.db.transaction(async (tx) => {
      if (!(await this.store.lockTenant(tx, context.tenantId))) throw errors.tenantNotFound();
      const { maxApiTokens } = this.settings;
      const { all } = await this.store.countValidTokens(tx, context.tenantId, now);
      if (all >= maxApiTokens) throw errors.tooManyTokens(maxApiTokens);
      return this.issue(tx, context.tenantId, context.actor.name, { ...input, name });
    });
  }

  /** Ends a token; one that is revoked already stays as it is. */
  async revokeToken(tokenId: string, context: CallContext): Promise<ApiTokenRow> {
    if (!isId(tokenId)) throw errors.tokenNotFound();
    return this.db.transaction(async (tx) => {
      await this.store.lockTenant(tx, context.tenantId);
      const token = await this.store.findToken(tx, context.tenantId, tokenId);
      if (!token) throw errors.tokenNotFound();
      if (token.revokedAt) return token;
      const now = this.clock.now();
      if (token.roles.includes('admin') && isValid(token, now)) {
        const { admins } = await this.store.countValidTokens(tx, context.tenantId, now);
        if (admins <= 1) throw errors.lastAdminToken();
      }
      await this.store.revokeToken(tx, context.tenantId, tokenId, now);
      const revoked = { ...token, revokedAt: now };
      announceToken(tx, revoked);
      return revoked;
    });
  }

  private async issue(
    tx: Tx,
    tenantId: string,
    createdBy: string,
    input: NewToken,
  ): Promise<{ token: ApiTokenRow; text: string }> {
    const tokenId = newId();
    const { text, hash } = issueCredential('gno', tokenId);
    const token: ApiTokenRow = {
      tenantId,
      tokenId,
      name: input.name,
      roles: [...new Set(input.roles)],
      secretHash: hash,
      createdAt: this.clock.now(),
      createdBy,
      expiresAt: input.expiresAt,
      revokedAt: null,
    };
    await this.store.insertToken(tx, token);
    announceToken(tx, token);
    return { token, text };
  }

  private checked(tenant: TenantRow): TenantRow {
    const name = tenant.name.trim();
    if (name.length < 1 || name.length > MAX_NAME_LENGTH) throw errors.tenantNameInvalid();
    if (tenant.supportUrl !== '' && !isSupportUrl(tenant.supportUrl)) throw errors.supportUrlInvalid();
    return { ...tenant, name };
  }
}

function isValid(token: ApiTokenRow, now: Date): boolean {
  return !token.revokedAt && (!token.expiresAt || token.expiresAt > now);
}

function announceTenant(tx: Tx, { tenantId, name, supportUrl }: TenantRow): void {
  tx.append(TenantChangedSchema, { tenant: tenantId, name, supportUrl }, { tenantId });
}

function announceToken(tx: Tx, token: ApiTokenRow): void {
  tx.append(
    ApiTokenChangedSchema,
    {
      tokenId: token.tokenId,
      name: token.name,
      roles: token.roles,
      secretHash: token.secretHash,
      expiresAt: token.expiresAt ? timestampFromDate(token.expiresAt) : undefined,
      revoked: token.revokedAt !== null,
    },
    { tenantId: token.tenantId },
  );
}
