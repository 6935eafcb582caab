import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { ApiTokenChangedSchema, DeviceChangedSchema, type Device } from '#contracts';
import { decodeEvent, EventLog, type EventRecord, type Follower } from '#event-log';
import { Health, Metrics, type SettingsOf } from '#kernel';
import { AccessSettings } from './access.config.js';
import type { PrincipalInit } from './principal.js';
import { principalOfDevice, principalOfToken } from './principals.js';

/** What is known of one credential. */
export interface KnownCredential {
  readonly hash: Uint8Array;
  readonly revoked: boolean;
  readonly principal: PrincipalInit;
}

/**
 * Every API token and device of all tenants, in memory, kept current by the `api-token` and `device` topics: checking a
 * caller asks no table and no other process, and a revocation takes effect when its event is read.
 */
@Injectable()
export class CredentialDirectory implements OnModuleInit, OnModuleDestroy {
  private readonly known = new Map<string, KnownCredential>();
  private follower: Follower | undefined;
  private readonly listeners = new Set<(id: string) => void>();
  private caughtUp = false;

  constructor(
    private readonly modules: ModuleRef,
    private readonly health: Health,
    private readonly metrics: Metrics,
    @Inject(AccessSettings.token) private readonly settings: SettingsOf<typeof AccessSettings>,
  ) {}

  onModuleInit(): void {
    const known = this.known;
    this.metrics.gauge({
      name: 'gnomon_access_credentials',
      help: 'API tokens and devices kept in memory to check callers.',
      collect() {
        this.set(known.size);
      },
    });
    // Following needs no schema of one's own: the log of any service of the process will do.
    this.follower = this.modules.get(EventLog, { strict: false }).follow({
      topics: ['api-token', 'device'],
      from: 'earliest',
      onRecord: (record) => this.apply(record),
    });
    void this.follower.caughtUp.then(() => (this.caughtUp = true)).catch(() => undefined);
    this.health.register('access', () =>
      this.caughtUp ? { ready: true } : { ready: false, reason: 'credentials are being read' },
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.follower?.close();
  }

  /** @param id of an API token or device */
  get(id: string): KnownCredential | undefined {
    return this.known.get(id);
  }

  /**
   * Calls `listener` with the id of every API token and device that changes from now on.
   *
   * @returns ends it
   */
  onChange(listener: (id: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes in one record of the followed topics. */
  apply(record: EventRecord): void {
    const token = decodeEvent(ApiTokenChangedSchema, record);
    if (token) {
      this.put(token.tokenId, {
        hash: token.secretHash,
        revoked: token.revoked,
        principal: principalOfToken({
          tenantId: record.tenantId,
          tokenId: token.tokenId,
          name: token.name,
          roles: token.roles,
          expiresAt: token.expiresAt && timestampDate(token.expiresAt),
        }),
      });
    }
    const device = decodeEvent(DeviceChangedSchema, record);
    if (device?.device) this.putDevice(record.tenantId, device.device, device.credentialHash);
  }

  private putDevice(tenantId: string, device: Device, hash: Uint8Array): void {
    this.put(device.id, { hash, revoked: device.revoked, principal: principalOfDevice(tenantId, device) });
  }

  private put(id: string, credential: KnownCredential): void {
    if (this.known.size >= this.settings.maxCredentials && !this.known.has(id)) return;
    this.known.set(id, credential);
    for (const listener of this.listeners) listener(id);
  }
}
