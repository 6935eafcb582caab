import type { Device } from '#contracts';
import type { PrincipalInit } from './principal.js';
import { isRole } from './role.js';

/** The caller behind an API token. Roles this release does not know give nothing. */
export function principalOfToken(token: {
  tenantId: string;
  tokenId: string;
  name: string;
  roles: readonly string[];
  expiresAt?: Date | undefined;
}): PrincipalInit {
  const roles = token.roles.filter(isRole).filter((role) => role !== 'device');
  const kind = roles.length > 0 && roles.every((role) => role === 'integration') ? 'integration' : 'user';
  return { tenantId: token.tenantId, kind, id: token.tokenId, name: token.name, roles, expiresAt: token.expiresAt };
}

/** The caller behind a device credential. */
export function principalOfDevice(tenantId: string, device: Device): PrincipalInit {
  return { tenantId, kind: 'device', id: device.id, name: device.name, roles: ['device'], device };
}
