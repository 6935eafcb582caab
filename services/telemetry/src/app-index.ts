import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AppChangedSchema, type MatchRule } from '#contracts';
import { decodeEvent, EventLog, type EventRecord, type Follower } from '#event-log';
import { DomainError, Health } from '#kernel';
import { HostIndex, type AppRule } from '#matcher';

const REBUILD_MS = 200;
const WAIT_MS = 3_000;
/** Tenants with apps of their own whose index is kept; the longest unused one is built again when it is needed. */
const MAX_TENANT_INDEXES = 64;
const GLOBAL = '';

interface BuiltIndex {
  readonly index: HostIndex;
  readonly version: number;
  readonly builtAt: number;
}

/**
 * The match rules of the catalog in memory, kept current by the `app` topic. An index is built when it is asked for
 * after a change, at most every 200 ms, and swapped as a whole.
 */
@Injectable()
export class AppIndex implements OnModuleInit, OnModuleDestroy {
  /** By tenant and app; of an app no more than its rules. */
  private readonly apps = new Map<string, Map<string, readonly MatchRule[]>>();
  private readonly versions = new Map<string, number>();
  private readonly built = new Map<string, BuiltIndex>();
  private follower: Follower | undefined;
  private caughtUp = false;

  constructor(
    private readonly log: EventLog,
    private readonly health: Health,
  ) {}

  onModuleInit(): void {
    this.follower = this.log.follow({ topics: ['app'], from: 'earliest', onRecord: (record) => this.apply(record) });
    this.follower.caughtUp.then(() => (this.caughtUp = true)).catch(() => undefined);
    this.health.register('telemetry:catalog', () =>
      this.caughtUp ? { ready: true } : { ready: false, reason: 'the catalog is being read' },
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.follower?.close();
  }

  /** Resolves once the catalog has been read. @throws DomainError `telemetry.catalog-unread` after three seconds */
  async ready(): Promise<void> {
    if (this.caughtUp) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, WAIT_MS)));
    await Promise.race([this.follower?.caughtUp.catch(() => undefined), late]);
    clearTimeout(timer);
    if (!this.caughtUp)
      throw new DomainError('unavailable', 'telemetry.catalog-unread', 'The catalog is still being read.');
  }

  /** The rules that hold for a tenant: the global ones, but for apps of which the tenant has a record of its own. */
  of(tenantId: string): HostIndex {
    const owner = this.apps.get(tenantId)?.size ? tenantId : GLOBAL;
    const version = this.versionOf(GLOBAL) + (owner === GLOBAL ? 0 : this.versionOf(owner));
    const held = this.built.get(owner);
    const now = performance.now();
    if (held && (held.version === version || now - held.builtAt < REBUILD_MS)) return held.index;
    const index = new HostIndex(this.rulesOf(owner));
    this.built.delete(owner);
    this.built.set(owner, { index, version, builtAt: now });
    if (this.built.size > MAX_TENANT_INDEXES + 1) this.forgetOldest();
    return index;
  }

  /** Takes in one record of the `app` topic. */
  apply(record: EventRecord): void {
    const change = decodeEvent(AppChangedSchema, record);
    if (!change) return;
    const apps = this.apps.get(record.tenantId) ?? new Map<string, readonly MatchRule[]>();
    this.apps.set(record.tenantId, apps);
    if (change.removed || !change.app) apps.delete(change.appId);
    else apps.set(change.appId, change.app.rules);
    this.versions.set(record.tenantId, this.versionOf(record.tenantId) + 1);
  }

  private versionOf(tenantId: string): number {
    return this.versions.get(tenantId) ?? 0;
  }

  private *rulesOf(tenantId: string): Generator<AppRule> {
    const own = tenantId === GLOBAL ? undefined : this.apps.get(tenantId);
    for (const [appId, rules] of own ?? []) for (const rule of rules) yield { appId, rule };
    for (const [appId, rules] of this.apps.get(GLOBAL) ?? []) {
      if (!own?.has(appId)) for (const rule of rules) yield { appId, rule };
    }
  }

  private forgetOldest(): void {
    for (const owner of this.built.keys()) {
      if (owner === GLOBAL) continue;
      this.built.delete(owner);
      return;
    }
  }
}
