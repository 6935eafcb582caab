import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { AppChangedSchema, AppTagChangedSchema, TelemetryReceivedSchema } from '#contracts';
import type { Tx } from '#database';
import { OnBatch, type ReceivedEvent } from '#event-log';
import { Every } from '#jobs';
import { AppService } from './app.service.js';
import type { CatalogApp } from './app.store.js';
import { RetentionService } from './retention.service.js';
import { UsageService } from './usage.service.js';

/** As many as one transaction of a consumer takes: rows are locked in one sorted pass, so partitions do not deadlock. */
const WHOLE_TRANSACTION = 500;

/** What telemetry reacts to. */
@Injectable()
export class TelemetryHandlers {
  constructor(
    private readonly usage: UsageService,
    private readonly apps: AppService,
  ) {}

  @OnBatch(TelemetryReceivedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onTelemetry(events: readonly ReceivedEvent<typeof TelemetryReceivedSchema>[], tx: Tx): Promise<void> {
    await this.usage.apply(
      tx,
      events.map(({ event, record }) => ({ tenantId: record.tenantId, ...event })),
    );
  }

  @OnBatch(AppChangedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onAppChanged(events: readonly ReceivedEvent<typeof AppChangedSchema>[], tx: Tx): Promise<void> {
    const changes: CatalogApp[] = [];
    for (const { event, record } of events) {
      if (event.app) changes.push({ tenantId: record.tenantId, app: event.app, removed: event.removed });
    }
    await this.apps.appsChanged(tx, changes);
  }

  @OnBatch(AppTagChangedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onAppTagChanged(events: readonly ReceivedEvent<typeof AppTagChangedSchema>[], tx: Tx): Promise<void> {
    await this.apps.tagsChanged(
      tx,
      events.map(({ event, record }) => ({
        tenantId: record.tenantId,
        appId: event.appId,
        tag: event.tag?.tag ?? 0,
        setAt: event.tag?.setAt ? timestampDate(event.tag.setAt) : record.time,
      })),
    );
  }
}

/** What telemetry does by the clock. */
@Injectable()
export class TelemetrySchedule {
  constructor(private readonly retention: RetentionService) {}

  @Every('remove-old-usage', { everyMs: 3_600_000 })
  async removeOldUsage(): Promise<void> {
    await this.retention.run();
  }
}
