import { Module } from '@nestjs/common';
import { AccessModule } from '#access';
import { createHttpApp, KernelModule, listen, runUntilSignal } from '#kernel';
import { ContractRegistryModule } from '#rpc';
import { BlocklistSettings } from './blocklist.config.js';
import { BlocklistModule } from './blocklist.module.js';

@Module({ imports: [KernelModule, ContractRegistryModule, BlocklistModule, AccessModule] })
class BlocklistProcess {}

const settings = BlocklistSettings.load();
const app = await createHttpApp(BlocklistProcess);
await listen(app, settings.httpPort, settings.httpHost);
await runUntilSignal(app);
