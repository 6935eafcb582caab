import { Injectable } from '@nestjs/common';
import {
  AppChangedSchema,
  AppTagChangedSchema,
  DeviceChangedSchema,
  TenantChangedSchema,
  type AppChanged,
  type AppTagChanged,
  type DeviceChanged,
  type TenantChanged,
} from '#contracts';
import type { Tx } from '#database';
import { On, OnBatch, type EventContext, type EventRecord } from '#event-log';
import { BlocklistService } from './blocklist.service.js';
import { Publisher } from './publisher.js';
import type { Owned } from './snapshot.store.js';

type Batch<E> = ReadonlyArray<{ readonly event: E; readonly record: EventRecord }>;

/** What changes a block list. */
@Injectable()
export class BlocklistHandlers {
  constructor(
    private readonly service: BlocklistService,
    private readonly publisher: Publisher,
  ) {}

  @OnBatch(AppChangedSchema, { maxRecords: 500 })
  async onApps(events: Batch<AppChanged>, tx: Tx): Promise<void> {
    this.publishAfter(tx, await this.service.takeApps(tx, owned(events)));
  }

  @OnBatch(AppTagChangedSchema, { maxRecords: 500 })
  async onTags(events: Batch<AppTagChanged>, tx: Tx): Promise<void> {
    this.publishAfter(tx, await this.service.takeTags(tx, owned(events)));
  }

  @OnBatch(DeviceChangedSchema, { maxRecords: 500 })
  async onDevices(events: Batch<DeviceChanged>, tx: Tx): Promise<void> {
    this.publishAfter(tx, await this.service.takeDevices(tx, owned(events)));
  }

  @On(TenantChangedSchema)
  async onTenant(event: TenantChanged, { tx }: EventContext): Promise<void> {
    this.publishAfter(tx, await this.service.takeTenant(tx, event.tenant));
  }

  private publishAfter(tx: Tx, tenantIds: readonly string[]): void {
    tx.afterCommit(() => this.publisher.publishSoon(tenantIds));
  }
}

function owned<E>(batch: Batch<E>): Owned<E>[] {
  return batch.map(({ event, record }) => ({ tenantId: record.tenantId, event }));
}
