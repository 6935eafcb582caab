import { Module } from '@nestjs/common';
import { CatalogService as CatalogContract, CatalogUpdateService as CatalogUpdateContract } from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { serveContract } from '#rpc';
import { CatalogSettings } from './catalog.config.js';
import { CatalogRpc } from './catalog.rpc.js';
import { CatalogService } from './catalog.service.js';
import { CatalogStore } from './catalog.store.js';
import { CatalogViews } from './catalog.views.js';
import { LoadService } from './load.service.js';
import { LoadStore } from './load.store.js';
import { InitCatalog1700000000000 } from './migrations/1700000000000-init.js';
import { CatalogUpdates1795400000000 } from './migrations/1795400000000-catalog-updates.js';
import { UpdateSettings } from './update.config.js';
import { UpdateRpc } from './update.rpc.js';
import { UpdateService } from './update.service.js';
import { UpdateStore } from './update.store.js';

@Module({
  imports: [
    DatabaseModule.forService({
      schema: 'catalog',
      migrations: [InitCatalog1700000000000, CatalogUpdates1795400000000],
    }),
    EventLogModule.forService({ service: 'catalog' }),
  ],
  providers: [
    CatalogSettings.provider,
    CatalogStore,
    CatalogViews,
    CatalogService,
    LoadStore,
    LoadService,
    ...serveContract(CatalogContract, CatalogRpc),
    UpdateSettings.provider,
    UpdateStore,
    UpdateService,
    ...serveContract(CatalogUpdateContract, UpdateRpc),
  ],
})
export class CatalogModule {}
