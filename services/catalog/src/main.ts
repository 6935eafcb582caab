import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { CatalogSettings } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, CatalogModule, AccessModule] })
class CatalogProcess {}

const settings = CatalogSettings.load();
const app = await createHttpApp(CatalogProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
