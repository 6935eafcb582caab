import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ALLOWED_ROLES, PUBLIC } from './allow.js';
import { forbidden, unauthenticated } from './access.errors.js';
import { Authenticator } from './authenticator.js';
import { carrierOf } from './carrier.js';
import { allows, type Role } from './role.js';

/**
 * Stands before every HTTP handler and every root field of GraphQL. Closed unless a decorator opens it.
 *
 * A GraphQL request is authenticated once, where its context is made; here only its roles are looked at.
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.ruleOf(context);
    if (rule === 'open') return true;
    const carrier = carrierOf(context);
    if (context.getType<string>() === 'http') {
      carrier.principal = await this.authenticator.authenticateHeader(singleHeader(carrier.headers?.['authorization']));
    }
    if (!carrier.principal) throw unauthenticated();
    if (rule === 'closed' || !allows(carrier.principal.roles, rule)) throw forbidden();
    return true;
  }

  /** The decorator nearest to the handler decides. */
  private ruleOf(context: ExecutionContext): readonly Role[] | 'open' | 'closed' {
    for (const target of [context.getHandler(), context.getClass()]) {
      const roles = this.reflector.get<readonly Role[] | undefined>(ALLOWED_ROLES, target);
      if (roles) return roles;
      if (this.reflector.get<boolean | undefined>(PUBLIC, target)) return 'open';
    }
    return 'closed';
  }
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? undefined : value;
}
