import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { PolicySettings } from './policy.config.js';
import { PolicyModule } from './policy.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, PolicyModule, AccessModule] })
class PolicyProcess {}

const settings = PolicySettings.load();
const app = await createHttpApp(PolicyProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
