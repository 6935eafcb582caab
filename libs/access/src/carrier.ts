import type { ExecutionContext } from '@nestjs/common';
import type { Principal } from './principal.js';

/** What carries the caller through one request: the HTTP request, or the GraphQL context. */
export interface PrincipalCarrier {
  principal?: Principal;
  headers?: Record<string, string | string[] | undefined>;
}

/** The carrier of an execution context of HTTP or GraphQL. GraphQL's resolvers get (root, args, context, info). */
export function carrierOf(context: ExecutionContext): PrincipalCarrier {
  if (context.getType<string>() === 'http') return context.switchToHttp().getRequest<PrincipalCarrier>();
  return context.getArgByIndex<PrincipalCarrier>(2);
}
