import { Module } from '@nestjs/common';
import { CorrelatorService as CorrelatorContract } from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule, consumer } from '#event-log';
import { JobsModule, jobWorker } from '#jobs';
import { serveContract } from '#rpc';
import { AlertStore } from './alert.store.js';
import { AlertViews } from './alert.views.js';
import { AttemptStore } from './attempt.store.js';
import { CorrelationService } from './correlation.service.js';
import { CorrelatorSettings } from './correlator.config.js';
import { CorrelatorHandlers } from './correlator.handlers.js';
import { CorrelatorRpc } from './correlator.rpc.js';
import { CorrelatorService } from './correlator.service.js';
import { DetectionService } from './detection.service.js';
import { IncidentAnnouncer } from './incident-announcer.js';
import { IncidentService } from './incident.service.js';
import { IncidentStore } from './incident.store.js';
import { IncidentViews } from './incident.views.js';
import { InitCorrelator1700000000000 } from './migrations/1700000000000-init.js';
import { NameStore } from './name.store.js';
import { RetentionHandlers } from './retention.handlers.js';
import { RetentionStore } from './retention.store.js';

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'correlator', migrations: [InitCorrelator1700000000000] }),
    EventLogModule.forService({ service: 'correlator' }),
    JobsModule.forService({ service: 'correlator' }),
  ],
  providers: [
    CorrelatorSettings.provider,
    NameStore,
    AttemptStore,
    AlertStore,
    IncidentStore,
    IncidentAnnouncer,
    DetectionService,
    CorrelationService,
    CorrelatorService,
    IncidentService,
    AlertViews,
    IncidentViews,
    RetentionStore,
    ...jobWorker(RetentionHandlers),
    ...consumer(CorrelatorHandlers, { group: 'correlator' }),
    ...serveContract(CorrelatorContract, CorrelatorRpc),
  ],
})
export class CorrelatorModule {}
