import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { AppChangedSchema, AppDiscoveredSchema } from '#contracts';
import type { Tx } from '#database';
import { OnBatch, type ReceivedEvent } from '#event-log';
import type { AppChange } from './app.store.js';
import { CatalogService } from './catalog.service.js';
import { factsOf } from './domain/app-facts.js';

/** What policies react to. */
@Injectable()
export class PolicyHandlers {
  constructor(private readonly catalog: CatalogService) {}

  @OnBatch(AppChangedSchema, { maxRecords: 500 })
  async onAppChanged(events: readonly ReceivedEvent<typeof AppChangedSchema>[], tx: Tx): Promise<void> {
    const changes: AppChange[] = [];
    for (const { event, record } of events) {
      if (!event.app) continue;
      changes.push({ tenantId: record.tenantId, facts: factsOf(event.app), removed: event.removed });
    }
    await this.catalog.appsChanged(tx, changes);
  }

  @OnBatch(AppDiscoveredSchema, { maxRecords: 500 })
  async onAppDiscovered(events: readonly ReceivedEvent<typeof AppDiscoveredSchema>[], tx: Tx): Promise<void> {
    const discoveries = events.map(({ event, record }) => ({
      tenantId: record.tenantId,
      appId: event.appId,
      firstSeenAt: event.firstSeenAt ? timestampDate(event.firstSeenAt) : record.time,
    }));
    await this.catalog.appsDiscovered(tx, discoveries);
  }
}
