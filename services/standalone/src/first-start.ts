import { IdentityService, TelemetryService } from '#contracts';
import { isDomainError, type SettingsOf } from '#kernel';
import { systemContext, type ContractRegistry, type RpcClient } from '#rpc';
import type { StandaloneSettings } from './standalone.config.js';

/** What a start made; each secret is shown once and stored hashed. */
export interface Secrets {
  readonly adminToken?: string | undefined;
  readonly enrolmentSecret?: string | undefined;
}

/** How a person, or the demo, reads them. Empty where none was made. */
export function secretLines({ adminToken, enrolmentSecret }: Secrets): string[] {
  const lines: string[] = [];
  if (adminToken) lines.push(`  admin token       ${adminToken}`);
  if (enrolmentSecret) lines.push(`  enrolment secret  ${enrolmentSecret}`);
  if (lines.length > 0) lines.push('Shown this once: keep what you see here.');
  return lines;
}

type Settings = Pick<SettingsOf<typeof StandaloneSettings>, 'tenantName' | 'supportUrl' | 'recoverAdmin'>;

/**
 * Creates the organisation, its first admin token and its first enrolment secret. Of what an earlier start was killed
 * over it makes the rest: the enrolment secret where there never was one, and an admin token where that is asked for.
 */
export async function firstStart(registry: Pick<ContractRegistry, 'client'>, settings: Settings): Promise<Secrets> {
  const identity = registry.client(IdentityService);
  const telemetry = registry.client(TelemetryService);
  const { tenantId, adminToken } = await organisation(identity, settings);
  const context = systemContext(tenantId, 'standalone');
  const { page } = await telemetry.listEnrolmentSecrets({ page: { first: 1 } }, context);
  if (page?.totalCount !== 0) return { adminToken };
  const { secret } = await telemetry.createEnrolmentSecret({}, context);
  return { adminToken, enrolmentSecret: secret };
}

async function organisation(
  identity: RpcClient<typeof IdentityService>,
  settings: Settings,
): Promise<{ tenantId: string; adminToken?: string }> {
  const context = systemContext('', 'standalone');
  try {
    return await identity.bootstrap({ tenantName: settings.tenantName, supportUrl: settings.supportUrl }, context);
  } catch (error) {
    if (!isDomainError(error) || error.kind !== 'conflict') throw error;
    return settings.recoverAdmin ? identity.recoverAdmin({}, context) : identity.getFirstTenant({}, context);
  }
}
