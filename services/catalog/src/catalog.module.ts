import { Module } from '@nestjs/common';
import {
  CatalogAdminService as CatalogAdminContract,
  CatalogSearchService as SearchContract,
  CatalogService as CatalogContract,
  CatalogUpdateService as CatalogUpdateContract,
  CatalogWeightsService,
} from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { JobsModule, jobWorker } from '#jobs';
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
import { ChangeRecorder } from './change-recorder.js';
import { CustomAppService } from './custom-app.service.js';
import { HistoryStore } from './history.store.js';
import { HistoryViews } from './history.views.js';
import { ImportService } from './import.service.js';
import { ImportStore } from './import.store.js';
import { LabelService } from './label.service.js';
import { LabelStore } from './label.store.js';
import { LoadService } from './load.service.js';
import { LoadStore } from './load.store.js';
import { InitCatalog1700000000000 } from './migrations/1700000000000-init.js';
import { OwnWeights1795370000000 } from './migrations/1795370000000-own-weights.js';
import { AppHistory1795371000000 } from './migrations/1795371000000-app-history.js';
import { CatalogAdmin1795380000000 } from './migrations/1795380000000-admin.js';
import { AppSearch1795390000000 } from './migrations/1795390000000-app-search.js';
import { CatalogUpdates1795400000000 } from './migrations/1795400000000-catalog-updates.js';
import { NoteService } from './note.service.js';
import { NoteStore } from './note.store.js';
import { OverlayRecords } from './overlay-records.js';
import { OverlayStore } from './overlay.store.js';
import { SavedQueryService } from './saved-query.service.js';
import { SavedQueryStore } from './saved-query.store.js';
import { SuggestionService } from './suggestion.service.js';
import { SuggestionStore } from './suggestion.store.js';
import { TenantRecords } from './tenant-records.js';
import { WeightsHandlers } from './weights.handlers.js';
import { WeightsRpc } from './weights.rpc.js';
import { WeightsService } from './weights.service.js';
import { WeightsStore } from './weights.store.js';
import { WeightsViews } from './weights.views.js';
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
        OwnWeights1795370000000,
        AppHistory1795371000000,
        CatalogAdmin1795380000000,
        AppSearch1795390000000,
        CatalogUpdates1795400000000,
      ],
    }),
    EventLogModule.forService({ service: 'catalog' }),
    JobsModule.forService({ service: 'catalog' }),
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
    WeightsStore,
    TenantRecords,
    WeightsService,
    WeightsViews,
    HistoryStore,
    HistoryViews,
    ChangeRecorder,
    ...jobWorker(WeightsHandlers),
    ...serveContract(CatalogContract, CatalogRpc),
    UpdateSettings.provider,
    UpdateStore,
    UpdateService,
    ...serveContract(CatalogUpdateContract, UpdateRpc),
    ...serveContract(CatalogAdminContract, CatalogAdminRpc),
    ...serveContract(SearchContract, CatalogSearchRpc),
    ...serveContract(CatalogWeightsService, WeightsRpc),
  ],
})
export class CatalogModule {}
