import { createHash } from 'node:crypto';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { TenantChangedSchema } from '#contracts';
import { decodeEvent, EventLog, type EventRecord, type Follower } from '#event-log';

/** What anybody may know of an organisation. */
export interface PublicTenant {
  readonly tenantId: string;
  readonly name: string;
  /** Empty = none. */
  readonly supportUrl: string;
}

/** A short name of a tenant for links: says nothing about the tenant to who does not know its id. */
export function publicIdOf(tenantId: string): string {
  return createHash('sha256').update(`gnomon block page ${tenantId}`).digest('hex').slice(0, 16);
}

/** The organisations, in memory, for the block page. As many as the installation has. */
@Injectable()
export class TenantDirectory implements OnModuleInit, OnModuleDestroy {
  private readonly byName = new Map<string, PublicTenant>();
  private readonly tenants = new Map<string, PublicTenant>();
  private follower: Follower | undefined;

  constructor(private readonly eventLog: EventLog) {}

  onModuleInit(): void {
    this.follower = this.eventLog.follow({
      topics: ['tenant'],
      from: 'earliest',
      onRecord: (record) => this.onRecord(record),
    });
    // Where it cannot be read, the page is the general one.
    this.follower.caughtUp.catch(() => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    await this.follower?.close();
  }

  /** @param name a tenant's id or public id; absent: the one tenant of an installation that has one */
  find(name: string | undefined): PublicTenant | undefined {
    if (name) return this.byName.get(name);
    return this.tenants.size === 1 ? this.tenants.values().next().value : undefined;
  }

  private onRecord(record: EventRecord): void {
    const event = decodeEvent(TenantChangedSchema, record);
    if (!event) return;
    const tenant = { tenantId: event.tenant, name: event.name, supportUrl: event.supportUrl };
    this.tenants.set(event.tenant, tenant);
    this.byName.set(event.tenant, tenant);
    this.byName.set(publicIdOf(event.tenant), tenant);
  }
}
