import { Module } from '@nestjs/common';
import { CatalogSearchService as SearchContract, CatalogService as CatalogContract } from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { serveContract } from '#rpc';
import { AppSearchViews } from './app-search.views.js';
import { CatalogSearchRpc } from './catalog-search.rpc.js';
import { CatalogSettings } from './catalog.config.js';
import { CatalogRpc } from './catalog.rpc.js';
import { CatalogService } from './catalog.service.js';
import { CatalogStore } from './catalog.store.js';
import { CatalogViews } from './catalog.views.js';
import { LoadService } from './load.service.js';
import { LoadStore } from './load.store.js';
import { InitCatalog1700000000000 } from './migrations/1700000000000-init.js';
import { AppSearch1795390000000 } from './migrations/1795390000000-app-search.js';
import { SavedQueryService } from './saved-query.service.js';
import { SavedQueryStore } from './saved-query.store.js';

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'catalog', migrations: [InitCatalog1700000000000, AppSearch1795390000000] }),
    EventLogModule.forService({ service: 'catalog' }),
  ],
  providers: [
    CatalogSettings.provider,
    CatalogStore,
    CatalogViews,
    CatalogService,
    LoadStore,
    LoadService,
    AppSearchViews,
    SavedQueryStore,
    SavedQueryService,
    ...serveContract(CatalogContract, CatalogRpc),
    ...serveContract(SearchContract, CatalogSearchRpc),
  ],
})
export class CatalogModule {}
