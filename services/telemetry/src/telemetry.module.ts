import { Module } from '@nestjs/common';
import { TelemetryService } from '#contracts';
import { DatabaseModule } from '#database';
import { consumer, EventLogModule } from '#event-log';
import { JobsModule, jobWorker } from '#jobs';
import { serveContract } from '#rpc';
import { AppIndex } from './app-index.js';
import { AppService } from './app.service.js';
import { AppStore } from './app.store.js';
import { BatchController } from './batch.controller.js';
import { BatchService } from './batch.service.js';
import { DeviceActivity } from './device-activity.js';
import { DeviceService } from './device.service.js';
import { DeviceStore } from './device.store.js';
import { DeviceViews } from './device.views.js';
import { EnrolmentController } from './enrolment.controller.js';
import { EnrolmentStore } from './enrolment.store.js';
import { EnrolmentViews } from './enrolment.views.js';
import { InitTelemetry1700000000000 } from './migrations/1700000000000-init.js';
import { AddUploadChunk1795353055720 } from './migrations/1795353055720-add-upload-chunk.js';
import { RetentionService } from './retention.service.js';
import { RetentionStore } from './retention.store.js';
import { TelemetrySettings } from './telemetry.config.js';
import { TelemetryHandlers, TelemetrySchedule } from './telemetry.handlers.js';
import { TelemetryRpc } from './telemetry.rpc.js';
import { UnclaimedViews } from './unclaimed.views.js';
import { UploadController } from './upload.controller.js';
import { UploadService } from './upload.service.js';
import { UploadStore } from './upload.store.js';
import { UploadViews } from './upload.views.js';
import { UsageService } from './usage.service.js';
import { UsageStore } from './usage.store.js';
import { UsageViews } from './usage.views.js';

@Module({
  imports: [
    DatabaseModule.forService({
      schema: 'telemetry',
      migrations: [InitTelemetry1700000000000, AddUploadChunk1795353055720],
    }),
    EventLogModule.forService({ service: 'telemetry' }),
    JobsModule.forService({ service: 'telemetry' }),
  ],
  controllers: [EnrolmentController, BatchController, UploadController],
  providers: [
    TelemetrySettings.provider,
    AppIndex,
    AppService,
    AppStore,
    BatchService,
    DeviceActivity,
    DeviceService,
    DeviceStore,
    DeviceViews,
    EnrolmentStore,
    EnrolmentViews,
    RetentionService,
    RetentionStore,
    UnclaimedViews,
    UploadService,
    UploadStore,
    UploadViews,
    UsageService,
    UsageStore,
    UsageViews,
    ...jobWorker(TelemetrySchedule),
    ...consumer(TelemetryHandlers, { group: 'telemetry' }),
    ...serveContract(TelemetryService, TelemetryRpc),
  ],
})
export class TelemetryModule {}
