import { Module } from '@nestjs/common';
import {
  CatalogAdminService as CatalogAdminContract,
  CatalogSearchService as SearchContract,
  CatalogService as CatalogContract,
  CatalogUpdateService as CatalogUpdateContract,
} from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { serveContract } from '#rpc';
import { AdminViews } from './admin.views.js';
import { AppSearchViews } from './app-search.views.js';
import { AssignmentService } from './assignment.service.js';
import { AssignmentStore } from './assignment.store.js';
import { CatalogAdminRpc } from './catalog-admin.rpc.js';
import { CatalogSearchRpc } from './catalog-search.rpc.js';
import { CatalogSettings } from './catalog.config.js';
import { CatalogRpc } from './catalog.rpc.js';
import { CatalogService } from './catalog.service.js';
import { CatalogStore } from './catalog.store.js';
import { CatalogViews } from './catalog.views.js';
import { CustomAppService } from './custom-app.service.js';
import { ImportService } from './import.service.js';
import { ImportStore } from './import.store.js';
import { LabelService } from './label.service.js';
import { LabelStore } from './label.store.js';
import { LoadService } from './load.service.js';
import { LoadStore } from './load.store.js';
import { InitCatalog1700000000000 } from './migrations/1700000000000-init.js';
import { CatalogUpdates1795400000000 } from './migrations/1795400000000-catalog-updates.js';
import { CatalogAdmin1795380000000 } from './migrations/1795380000000-admin.js';
import { AppSearch1795390000000 } from './migrations/1795390000000-app-search.js';
import { NoteService } from './note.service.js';
import { NoteStore } from './note.store.js';
import { OverlayStore } from './overlay.store.js';
import { SavedQueryService } from './saved-query.service.js';
import { SavedQueryStore } from './saved-query.store.js';
import { SuggestionService } from './suggestion.service.js';
import { SuggestionStore } from './suggestion.store.js';
import { OverlayRecords } from './overlay-records.js';
import { UpdateSettings } from './update.config.js';
import { UpdateRpc } from './update.rpc.js';
import { UpdateService } from './update.service.js';
import { UpdateStore } from './update.store.js';

@Module({
  imports: [
    DatabaseModule.forService({
      schema: 'catalog',
      migrations: [
        InitCatalog1700000000000,
        CatalogAdmin1795380000000,
        AppSearch1795390000000,
        CatalogUpdates1795400000000,
      ],
    }),
    EventLogModule.forService({ service: 'catalog' }),
  ],
  providers: [
    CatalogSettings.provider,
    CatalogStore,
    CatalogViews,
    CatalogService,
    NoteStore,
    OverlayStore,
    OverlayRecords,
    CustomAppService,
    ImportStore,
    ImportService,
    NoteService,
    LabelStore,
    LabelService,
    AssignmentStore,
    AssignmentService,
    SuggestionStore,
    SuggestionService,
    AdminViews,
    LoadStore,
    LoadService,
    AppSearchViews,
    SavedQueryStore,
    SavedQueryService,
    ...serveContract(CatalogContract, CatalogRpc),
    UpdateSettings.provider,
    UpdateStore,
    UpdateService,
    ...serveContract(CatalogUpdateContract, UpdateRpc),
    ...serveContract(CatalogAdminContract, CatalogAdminRpc),
    ...serveContract(SearchContract, CatalogSearchRpc),
  ],
})
export class CatalogModule {}
