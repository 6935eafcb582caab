import type { Type } from '@nestjs/common';
import type { ServiceName } from './standalone.config.js';

/** Imported when they are asked for: modules read their settings when they are loaded. */
const MODULES: Readonly<Record<ServiceName, () => Promise<Type>>> = {
  gateway: async () => (await import('../../gateway/src/gateway.module.js')).GatewayModule,
  catalog: async () => (await import('../../catalog/src/catalog.module.js')).CatalogModule,
  telemetry: async () => (await import('../../telemetry/src/telemetry.module.js')).TelemetryModule,
  policy: async () => (await import('../../policy/src/policy.module.js')).PolicyModule,
  blocklist: async () => (await import('../../blocklist/src/blocklist.module.js')).BlocklistModule,
  correlator: async () => (await import('../../correlator/src/correlator.module.js')).CorrelatorModule,
};

/** The modules of services, in the order they are named. */
export async function modulesOf(services: readonly ServiceName[]): Promise<Type[]> {
  const modules: Type[] = [];
  for (const service of services) modules.push(await MODULES[service]());
  return modules;
}
