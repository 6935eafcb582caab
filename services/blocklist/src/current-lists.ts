import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { BlocklistPublishedSchema } from '#contracts';
import { decodeEvent, EventLog, type EventRecord, type Follower } from '#event-log';
import { BlocklistSettings } from './blocklist.config.js';
import { CurrentList } from './current-list.js';
import type { GroupKey, SignedRevision } from './revision.store.js';
import { WaitingRoom } from './waiting-room.js';

/** One text for a tenant's group. Neither part can hold a line feed. */
export function keyText(tenantId: string, group: string): string {
  return `${tenantId}\n${group}`;
}

/**
 * The lists in force, in memory, so that an unchanged check-in asks no table. The process that publishes a revision
 * puts it here; the others hear of it from the log, forget what they have, and read it once when it is next asked for.
 */
@Injectable()
export class CurrentLists implements OnModuleInit, OnModuleDestroy {
  private readonly held = new Map<string, CurrentList>();
  private readonly loading = new Map<string, Promise<CurrentList>>();
  private follower: Follower | undefined;
  /** Before the log is followed, what is held could grow old unnoticed. */
  private isFollowing = false;

  constructor(
    private readonly eventLog: EventLog,
    private readonly waiting: WaitingRoom,
    @Inject(BlocklistSettings.token) private readonly settings: BlocklistSettings,
  ) {}

  onModuleInit(): void {
    this.follower = this.eventLog.follow({
      topics: ['blocklist'],
      from: 'latest',
      onRecord: (record) => this.onRecord(record),
    });
    this.follower.caughtUp.then(
      () => {
        this.held.clear();
        this.loading.clear();
        this.isFollowing = true;
        this.waiting.wakeAll();
      },
      () => undefined,
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.follower?.close();
  }

  /** The list of a group if it is in memory. */
  peek(tenantId: string, group: string): CurrentList | undefined {
    return this.held.get(keyText(tenantId, group));
  }

  /** The list of a group, read with `load` where it is not in memory. However many ask at once, one reads. */
  async get(key: GroupKey, load: (key: GroupKey) => Promise<SignedRevision>): Promise<CurrentList> {
    const text = keyText(key.tenantId, key.group);
    const held = this.held.get(text);
    if (held) return held;
    const running = this.loading.get(text);
    if (running) return running;
    const started = load(key).then((signed) => new CurrentList(signed));
    this.loading.set(text, started);
    try {
      const list = await started;
      // Forgotten or replaced meanwhile: what was read may be the one before.
      if (this.loading.get(text) === started && this.isFollowing) this.hold(text, list);
      return list;
    } finally {
      if (this.loading.get(text) === started) this.loading.delete(text);
    }
  }

  /** Takes over a list that was just published, and wakes whoever waits for it. */
  put(signed: SignedRevision): void {
    const text = keyText(signed.tenantId, signed.group);
    const list = new CurrentList(signed);
    const held = this.held.get(text);
    if (held && !list.isNewerThan(held)) return;
    this.loading.delete(text);
    if (this.isFollowing) this.hold(text, list);
    this.waiting.wake(text);
  }

  private onRecord(record: EventRecord): void {
    const event = decodeEvent(BlocklistPublishedSchema, record);
    if (!event) return;
    const text = keyText(record.tenantId, event.group);
    const held = this.held.get(text);
    const issuedAt = event.publishedAt ? timestampDate(event.publishedAt) : record.time;
    const isKnown = held && held.revision >= event.revision && held.signed.issuedAt >= issuedAt;
    if (isKnown) return;
    this.held.delete(text);
    this.loading.delete(text);
    this.waiting.wake(text);
  }

  private hold(text: string, list: CurrentList): void {
    this.held.delete(text);
    this.held.set(text, list);
    while (this.held.size > this.settings.cachedLists) this.held.delete(this.held.keys().next().value!);
  }
}
