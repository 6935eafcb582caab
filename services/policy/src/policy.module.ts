import { Module } from '@nestjs/common';
import { PolicyService as PolicyContract } from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule, consumer } from '#event-log';
import { serveContract } from '#rpc';
import { AppStore } from './app.store.js';
import { CatalogService } from './catalog.service.js';
import { CatalogSnapshot } from './catalog-snapshot.js';
import { EvaluationService } from './evaluation.service.js';
import { MatchStore } from './match.store.js';
import { InitPolicy1700000000000 } from './migrations/1700000000000-init.js';
import { PolicySettings } from './policy.config.js';
import { PolicyHandlers } from './policy.handlers.js';
import { PolicyRpc } from './policy.rpc.js';
import { PolicyService } from './policy.service.js';
import { PolicyStore } from './policy.store.js';
import { PolicyViews } from './policy.views.js';
import { TagStore } from './tag.store.js';

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'policy', migrations: [InitPolicy1700000000000] }),
    EventLogModule.forService({ service: 'policy' }),
  ],
  providers: [
    PolicySettings.provider,
    PolicyStore,
    AppStore,
    MatchStore,
    TagStore,
    CatalogSnapshot,
    EvaluationService,
    CatalogService,
    PolicyService,
    PolicyViews,
    ...consumer(PolicyHandlers, { group: 'policy' }),
    ...serveContract(PolicyContract, PolicyRpc),
  ],
})
export class PolicyModule {}
