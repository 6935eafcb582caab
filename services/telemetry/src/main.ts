import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { TelemetrySettings } from './telemetry.config.js';
import { TelemetryModule } from './telemetry.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, TelemetryModule, AccessModule] })
class TelemetryProcess {}

const settings = TelemetrySettings.load();
const app = await createHttpApp(TelemetryProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
