import { correlationId } from '#kernel';

/** Who a call is made for. It travels beside every request, so no request can name a tenant. */
export interface CallContext {
  /** The tenant whose data the call may see and change. */
  readonly tenantId: string;
  readonly actor: Actor;
  readonly correlationId: string;
}

export interface Actor {
  readonly kind: 'user' | 'integration' | 'device' | 'system';
  readonly id: string;
  /** How the actor is named in the audit log and in what admins read. */
  readonly name: string;
}

/** The context of work that a service does by itself for a tenant. */
export function systemContext(tenantId: string, service: string): CallContext {
  return { tenantId, actor: { kind: 'system', id: service, name: service }, correlationId: correlationId() };
}
