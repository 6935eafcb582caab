import { IdentityService, TelemetryService } from '#contracts';
import { isDomainError, type SettingsOf } from '#kernel';
import { systemContext, type ContractRegistry } from '#rpc';
import type { StandaloneSettings } from './standalone.config.js';

/** What the first start made; each secret is shown once and stored hashed. */
export interface FirstStart {
  readonly tenantId: string;
  readonly adminToken: string;
  readonly enrolmentSecret: string;
}

/** Creates the organisation, its first admin token and its first enrolment secret. Undefined on every later start. */
export async function firstStart(
  contracts: Pick<ContractRegistry, 'client'>,
  settings: SettingsOf<typeof StandaloneSettings>,
): Promise<FirstStart | undefined> {
  const identity = contracts.client(IdentityService);
  const telemetry = contracts.client(TelemetryService);
  try {
    const { tenantId, adminToken } = await identity.bootstrap(
      { tenantName: settings.tenantName, supportUrl: settings.supportUrl },
      systemContext('', 'standalone'),
    );
    const { secret } = await telemetry.createEnrolmentSecret({}, systemContext(tenantId, 'standalone'));
    return { tenantId, adminToken, enrolmentSecret: secret };
  } catch (error) {
    if (isDomainError(error) && error.kind === 'conflict') return undefined;
    throw error;
  }
}
