import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { CallClaimsSchema, type CallClaims } from '#contracts';
import type { Clock } from '#kernel';
import type { Actor, CallContext } from './call-context.js';

const LIFETIME_MS = 60_000;
/** How far the clocks of two processes may differ. */
const LEEWAY_MS = 30_000;
const MAX_LENGTH = 4_096;
const ACTOR_KINDS: readonly string[] = ['user', 'integration', 'device', 'system'] satisfies Actor['kind'][];

/** Why a token is not accepted. For the log of the process that refuses, never for the one that asks. */
export class TokenRefused extends Error {}

/** The identity of a process among the others: signs, for each call, who it is made for, and checks what others signed. */
export class ServiceTokens {
  private readonly keys: readonly Buffer[];

  /**
   * @param secrets the first signs, all are accepted
   * @param issuer what others read in their logs
   */
  constructor(
    secrets: readonly string[],
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {
    if (secrets.length === 0) throw new Error('A service key is needed.');
    this.keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'gnomon service token v1', 32)));
  }

  /** A token for one call of one method. @param audience the method, `package.Service/Method` */
  sign(audience: string, context: CallContext): string {
    const now = this.clock.now();
    const claims = create(CallClaimsSchema, {
      issuer: this.issuer,
      audience,
      issuedAt: timestampFromDate(now),
      expiresAt: timestampFromDate(new Date(now.getTime() + LIFETIME_MS)),
      tenantId: context.tenantId,
      actorKind: context.actor.kind,
      actorId: context.actor.id,
      actorName: context.actor.name,
      correlationId: context.correlationId,
    });
    const body = Buffer.from(toBinary(CallClaimsSchema, claims)).toString('base64url');
    return `${body}.${mac(this.keys[0]!, body).toString('base64url')}`;
  }

  /** Who a call is made for. @throws TokenRefused unless a process with the same key signed it, now, for this method */
  verify(token: string, audience: string): CallContext {
    if (token.length > MAX_LENGTH) throw new TokenRefused('the token is too long');
    const [body = '', signature = '', rest] = token.split('.');
    if (rest !== undefined || !this.isSigned(body, Buffer.from(signature, 'base64url')))
      throw new TokenRefused('the signature is wrong');
    const claims = fromBinary(CallClaimsSchema, Buffer.from(body, 'base64url'));
    if (claims.audience !== audience) throw new TokenRefused(`it is for ${claims.audience}`);
    this.checkTimes(claims);
    if (!ACTOR_KINDS.includes(claims.actorKind)) throw new TokenRefused(`"${claims.actorKind}" is no kind of actor`);
    const actor = { kind: claims.actorKind as Actor['kind'], id: claims.actorId, name: claims.actorName };
    return { tenantId: claims.tenantId, actor, correlationId: claims.correlationId };
  }

  private isSigned(body: string, signature: Buffer): boolean {
    let signed = false;
    for (const key of this.keys) {
      const expected = mac(key, body);
      if (signature.length === expected.length && timingSafeEqual(signature, expected)) signed = true;
    }
    return signed;
  }

  private checkTimes({ issuer, issuedAt, expiresAt }: CallClaims): void {
    if (!issuedAt || !expiresAt) throw new TokenRefused('it says no times');
    const now = this.clock.now().getTime();
    const [from, until] = [timestampDate(issuedAt).getTime(), timestampDate(expiresAt).getTime()];
    if (now > until + LEEWAY_MS) throw new TokenRefused(`it expired ${now - until} ms ago; issued by ${issuer}`);
    if (from > now + LEEWAY_MS) throw new TokenRefused(`it was issued ${from - now} ms from now, by ${issuer}`);
    if (until - from > LIFETIME_MS) throw new TokenRefused(`it is valid for ${until - from} ms; issued by ${issuer}`);
  }
}

function mac(key: Buffer, body: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}
