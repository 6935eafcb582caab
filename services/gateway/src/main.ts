import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { GatewaySettings } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, GatewayModule, AccessModule] })
class GatewayProcess {}

const settings = GatewaySettings.load();
const app = await createHttpApp(GatewayProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
