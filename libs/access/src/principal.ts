import type { Device } from '#contracts';
import { correlationId } from '#kernel';
import type { CallContext } from '#rpc';
import type { Role } from './role.js';

export type PrincipalKind = CallContext['actor']['kind'];

export interface PrincipalInit {
  readonly tenantId: string;
  readonly kind: PrincipalKind;
  /** The id of the API token or device, or the subject of an identity provider. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** With `kind` device: the device as it was when the request came in. */
  readonly device?: Device;
  /** When the credential ends; undefined = it does not. */
  readonly expiresAt?: Date;
}

/** Who calls, and for which tenant. */
export class Principal {
  readonly tenantId: string;
  readonly kind: PrincipalKind;
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly device: Device | undefined;
  readonly expiresAt: Date | undefined;

  constructor(init: PrincipalInit) {
    this.tenantId = init.tenantId;
    this.kind = init.kind;
    this.id = init.id;
    this.name = init.name;
    this.roles = init.roles;
    this.device = init.device;
    this.expiresAt = init.expiresAt;
  }

  /** What to hand to a contract so that it answers for this caller. */
  context(): CallContext {
    return {
      tenantId: this.tenantId,
      actor: { kind: this.kind, id: this.id, name: this.name },
      correlationId: correlationId(),
    };
  }
}
