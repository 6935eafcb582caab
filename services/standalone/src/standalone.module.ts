import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { KernelModule } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { BlocklistModule } from '../../blocklist/src/blocklist.module.js';
import { CatalogModule } from '../../catalog/src/catalog.module.js';
import { CorrelatorModule } from '../../correlator/src/correlator.module.js';
import { GatewayModule } from '../../gateway/src/gateway.module.js';
import { PolicyModule } from '../../policy/src/policy.module.js';
import { TelemetryModule } from '../../telemetry/src/telemetry.module.js';

/** Every service in one process. */
@Module({
  imports: [
    KernelModule,
    ContractRegistryModule,
    AccessModule,
    GatewayModule,
    CatalogModule,
    TelemetryModule,
    PolicyModule,
    BlocklistModule,
    CorrelatorModule,
  ],
})
export class StandaloneModule {}
