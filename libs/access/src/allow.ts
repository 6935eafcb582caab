import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { UNGUARDED, Unguarded } from '#kernel';
import { unauthenticated } from './access.errors.js';
import type { Principal } from './principal.js';
import { carrierOf } from './carrier.js';
import type { Role } from './role.js';

/** The metadata key under which the roles of an operation are kept. */
export const ALLOWED_ROLES = 'gnomon:allowed-roles';
/** The metadata key of what needs no caller. */
export const PUBLIC = UNGUARDED;

/** Opens an operation to callers that hold one of these roles or one above it. What has no decorator is closed to all. */
export const Allow = (...roles: [Role, ...Role[]]): MethodDecorator & ClassDecorator =>
  SetMetadata(ALLOWED_ROLES, roles);

/** Opens an operation to anybody, without a credential. */
export const Public = Unguarded;

/** Injects the caller of an operation that is not public. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const principal = carrierOf(context).principal;
  if (!principal) throw unauthenticated();
  return principal;
});
