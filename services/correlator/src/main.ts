import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { CorrelatorSettings } from './correlator.config.js';
import { CorrelatorModule } from './correlator.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, CorrelatorModule, AccessModule] })
class CorrelatorProcess {}

const settings = CorrelatorSettings.load();
const app = await createHttpApp(CorrelatorProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
