import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import {
  AppChangedSchema,
  AppChangeKind,
  AppTagChangedSchema,
  TelemetryReceivedSchema,
  type App,
  type AppChanged,
  type MatchRule,
} from '#contracts';
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
      const { app, removed } = event;
      if (app)
        changes.push({ tenantId: record.tenantId, app, removed, rules: rulesAfter(event, app, record.tenantId) });
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

/** Where a tenant's record of a global app goes, the global one is there still: without what the tenant laid over it. */
function rulesAfter({ removed, changes, removedRules }: AppChanged, app: App, tenantId: string): readonly MatchRule[] {
  if (!removed) return app.rules;
  const isDropped = tenantId !== '' && app.tenantId === '' && !changes.includes(AppChangeKind.REMOVED);
  if (!isDropped) return [];
  const gone = new Set(removedRules.map(keyOf));
  return app.rules.filter((rule) => !gone.has(keyOf(rule)));
}

function keyOf({ kind, value, path }: MatchRule): string {
  return `${kind} ${value}${path}`;
}
