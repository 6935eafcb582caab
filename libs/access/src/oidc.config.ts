import { defineSettings, setting } from '#kernel';
import { z } from 'zod';
import { isRole, type Role } from './role.js';

const roleMap = z
  .string()
  .default('')
  .transform((text, context) => {
    const map = new Map<string, Role>();
    for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
      const at = pair.lastIndexOf('=');
      const role = pair.slice(at + 1).trim();
      if (at < 1 || !isRole(role) || role === 'device') {
        context.addIssue(`"${pair}" is not value=role with a role viewer, analyst, policyAdmin, admin or integration`);
        return z.NEVER;
      }
      map.set(pair.slice(0, at).trim(), role);
    }
    return map;
  });

export const OidcSettings = defineSettings('oidc', {
  issuer: setting('OIDC_ISSUER', z.string().optional(), 'The identity provider: the `iss` its tokens must carry.'),
  jwksUrl: setting(
    'OIDC_JWKS_URL',
    z.url({ protocol: /^https?$/ }).optional(),
    'Where the identity provider publishes its keys. Its tokens are accepted only when this is set.',
  ),
  audience: setting('OIDC_AUDIENCE', z.string().optional(), 'The `aud` its tokens must carry.'),
  tokenType: setting(
    'OIDC_TOKEN_TYPE',
    z.string().default('at+jwt'),
    'The `typ` its tokens must carry (RFC 9068). `JWT` for providers that do not set it.',
  ),
  rolesClaim: setting(
    'OIDC_ROLES_CLAIM',
    z.string().default('roles'),
    'The claim that lists roles or groups; dots go deeper.',
  ),
  roleMap: setting(
    'OIDC_ROLE_MAP',
    roleMap,
    'Which value of that claim gives which role, for example `soc=analyst,it-security=admin`. Empty: the values are our role names.',
  ),
  tenantClaim: setting('OIDC_TENANT_CLAIM', z.string().default('tenant'), 'The claim that holds the tenant id.'),
  tenantId: setting(
    'OIDC_TENANT_ID',
    z.string().optional(),
    'The tenant of everybody this provider knows, instead of a claim.',
  ),
});
