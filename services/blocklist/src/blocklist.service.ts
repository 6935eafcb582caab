import { Inject, Injectable, Logger } from '@nestjs/common';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  BlocklistPublishedSchema,
  type AppChanged,
  type AppTagChanged,
  type BlocklistPublished,
  type DeviceChanged,
} from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, Metrics } from '#kernel';
import { BlocklistSettings } from './blocklist.config.js';
import { compile, type CompiledList } from './domain/compile.js';
import { contentOf, type ListContent } from './domain/content.js';
import { CurrentList } from './current-list.js';
import { CurrentLists } from './current-lists.js';
import { RevisionStore, type GroupKey, type SignedRevision } from './revision.store.js';
import { Signer } from './signer.js';
import { DEFAULT_GROUP, SnapshotStore, type Owned } from './snapshot.store.js';

const HOUR_MS = 3_600_000;
/** One transaction of signing anew stays short. */
const REISSUED_AT_ONCE = 200;

/**
 * Keeps every list what its definition says: exactly `compile` of the tenant's tags and the catalog's rules. Whoever
 * changes one of them locks the tenant, writes the change and compiles anew in the same transaction, so no order of
 * concurrent changes can leave an old list standing.
 */
@Injectable()
export class BlocklistService {
  private readonly logger = new Logger(BlocklistService.name);
  private readonly published;

  constructor(
    private readonly database: Database,
    private readonly snapshot: SnapshotStore,
    private readonly revisions: RevisionStore,
    private readonly lists: CurrentLists,
    private readonly signer: Signer,
    private readonly clock: Clock,
    metrics: Metrics,
    @Inject(BlocklistSettings.token) private readonly settings: BlocklistSettings,
  ) {
    this.published = metrics.counter({
      name: 'gnomon_blocklist_revisions_published_total',
      help: 'Revisions of block lists published, over all tenants and groups.',
    });
  }

  async takeApps(tx: Tx, changes: readonly Owned<AppChanged>[]): Promise<void> {
    await this.snapshot.lock(
      tx,
      changes.map((change) => change.tenantId),
    );
    await this.publishAll(tx, await this.snapshot.saveApps(tx, changes));
  }

  async takeTags(tx: Tx, changes: readonly Owned<AppTagChanged>[]): Promise<void> {
    await this.snapshot.lock(
      tx,
      changes.map((change) => change.tenantId),
    );
    await this.publishAll(tx, await this.snapshot.saveTags(tx, changes));
  }

  async takeDevices(tx: Tx, changes: readonly Owned<DeviceChanged>[]): Promise<void> {
    await this.snapshot.lock(
      tx,
      changes.map((change) => change.tenantId),
    );
    await this.publishAll(tx, await this.snapshot.saveDevices(tx, changes));
  }

  /** Gives a tenant its default group, and so its first list. */
  async takeTenant(tx: Tx, tenantId: string): Promise<void> {
    await this.addGroup(tx, { tenantId, group: DEFAULT_GROUP });
  }

  /** The list of a group that a device is in; publishes the first one where the device comes before its event. */
  async listFor(key: GroupKey): Promise<CurrentList> {
    return this.lists.peek(key.tenantId, key.group) ?? this.lists.get(key, (missing) => this.currentOf(missing));
  }

  /** The list of a group that somebody names; undefined where there is no such group. */
  async findList(key: GroupKey): Promise<CurrentList | undefined> {
    const held = this.lists.peek(key.tenantId, key.group);
    if (held) return held;
    return (await this.revisions.current(this.database, key)) && this.listFor(key);
  }

  private async currentOf(key: GroupKey): Promise<SignedRevision> {
    const found = await this.revisions.current(this.database, key);
    if (found) return found;
    return this.database.transaction(async (tx) => {
      await this.addGroup(tx, key);
      return (await this.revisions.current(tx, key))!;
    });
  }

  /** Signs anew what has used up half of its lifetime. @returns how many lists it was */
  async reissueDue(): Promise<number> {
    const due = new Date(this.clock.now().getTime() - this.lifetimeMs() / 2);
    const keys = await this.revisions.issuedBefore(this.database, due, REISSUED_AT_ONCE);
    if (keys.length === 0) return 0;
    return this.database.transaction(async (tx) => {
      await this.snapshot.lock(
        tx,
        keys.map((key) => key.tenantId),
      );
      let count = 0;
      for (const key of keys) {
        const current = await this.revisions.current(tx, key);
        // Another process may have been quicker.
        if (!current || current.issuedAt >= due) continue;
        await this.reissue(tx, current);
        count += 1;
      }
      return count;
    });
  }

  private async addGroup(tx: Tx, key: GroupKey): Promise<void> {
    await this.snapshot.lock(tx, [key.tenantId]);
    await this.publishAll(tx, await this.snapshot.addGroups(tx, [key]));
  }

  private async publishAll(tx: Tx, tenantIds: readonly string[]): Promise<void> {
    for (const tenantId of [...tenantIds].sort()) if (tenantId !== '') await this.publish(tx, tenantId);
  }

  /** Compiles a tenant's list and publishes it to the groups that have another one. */
  private async publish(tx: Tx, tenantId: string): Promise<void> {
    await this.snapshot.addGroups(tx, [{ tenantId, group: DEFAULT_GROUP }]);
    const compiled = compile(await this.snapshot.taggedApps(tx, tenantId));
    const content = contentOf(compiled.rules);
    await this.revisions.saveConflicts(tx, tenantId, compiled.conflicts);
    const stale = await this.revisions.staleGroups(tx, tenantId, content.hash);
    if (stale.length === 0) return;
    const issuedAt = this.clock.now();
    const signed = stale.map(({ group, revision }) =>
      this.sign({
        tenantId,
        group,
        revision: revision + 1n,
        content: content.bytes,
        contentHash: content.hash,
        issuedAt,
      }),
    );
    await this.revisions.insert(tx, tenantId, content, signed, this.settings.keepRevisions);
    for (const each of signed) this.announce(tx, each, { ...content, conflicts: compiled.conflicts.length });
    tx.afterCommit(() => this.logPublished(tenantId, signed.length, compiled, content));
  }

  private async reissue(tx: Tx, current: SignedRevision): Promise<void> {
    const signed = this.sign({ ...current, issuedAt: this.clock.now() });
    await this.revisions.reissue(tx, [signed]);
    const counts = await this.revisions.countsOf(tx, current);
    this.announce(tx, signed, counts);
  }

  private sign(unsigned: Omit<SignedRevision, 'manifest' | 'signature' | 'keyId' | 'expiresAt'>): SignedRevision {
    const expiresAt = new Date(unsigned.issuedAt.getTime() + this.lifetimeMs());
    const { tenantId: tenant, group, revision, contentHash, issuedAt } = unsigned;
    const signed = this.signer.sign({ tenant, group, revision, contentHash, issuedAt, expiresAt });
    return { ...unsigned, expiresAt, ...signed };
  }

  private announce(tx: Tx, signed: SignedRevision, counts: RuleCounts): void {
    const event: Omit<BlocklistPublished, '$typeName'> = {
      group: signed.group,
      revision: signed.revision,
      hash: signed.contentHash,
      blockRules: counts.blockRules,
      warnRules: counts.warnRules,
      conflicts: counts.conflicts,
      publishedAt: timestampFromDate(signed.issuedAt),
    };
    tx.append(BlocklistPublishedSchema, event, { tenantId: signed.tenantId });
    tx.afterCommit(() => {
      this.published.inc();
      this.lists.put(signed);
    });
  }

  private logPublished(tenantId: string, groups: number, compiled: CompiledList, content: ListContent): void {
    this.logger.log({
      message: 'Block list published',
      tenantId,
      groups,
      blockRules: content.blockRules,
      warnRules: content.warnRules,
      conflicts: compiled.conflicts.length,
    });
  }

  private lifetimeMs(): number {
    return this.settings.lifetimeHours * HOUR_MS;
  }
}

interface RuleCounts {
  readonly blockRules: number;
  readonly warnRules: number;
  readonly conflicts: number;
}
