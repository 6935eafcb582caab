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
import { canBeGroup } from './domain/group-name.js';
import { CurrentList } from './current-list.js';
import { CurrentLists } from './current-lists.js';
import { RevisionStore, type GroupKey, type SignedRevision } from './revision.store.js';
import { Signer } from './signer.js';
import { DEFAULT_GROUP, SnapshotStore, type Owned } from './snapshot.store.js';

const HOUR_MS = 3_600_000;
/** One transaction of signing anew stays short. */
const REISSUED_AT_ONCE = 200;
const PENDING_AT_ONCE = 500;

/**
 * Keeps every list what its definition says: exactly `compile` of the tenant's tags and the catalog's rules. Whoever
 * changes one of them locks the tenant and writes the change together with a note that the list follows; whoever
 * compiles takes the note away under the same lock. So no order of concurrent changes, and no crash, can leave an old
 * list standing, and changes that come together make one revision.
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

  /** Takes in apps. @returns the tenants whose lists must be compiled anew */
  async takeApps(tx: Tx, changes: readonly Owned<AppChanged>[]): Promise<string[]> {
    return this.take(tx, changes, () => this.snapshot.saveApps(tx, changes));
  }

  /** Takes in tags. @returns the tenants whose lists must be compiled anew */
  async takeTags(tx: Tx, changes: readonly Owned<AppTagChanged>[]): Promise<string[]> {
    return this.take(tx, changes, () => this.snapshot.saveTags(tx, changes));
  }

  /** Takes in devices and their groups. @returns the tenants whose lists must be compiled anew */
  async takeDevices(tx: Tx, changes: readonly Owned<DeviceChanged>[]): Promise<string[]> {
    return this.take(tx, changes, () => this.snapshot.saveDevices(tx, changes));
  }

  /** Gives a tenant its default group. @returns the tenants whose lists must be compiled anew */
  async takeTenant(tx: Tx, tenantId: string): Promise<string[]> {
    return this.take(tx, [{ tenantId }], () => this.snapshot.addGroups(tx, [{ tenantId, group: DEFAULT_GROUP }]));
  }

  /** Compiles a tenant's list if that is due, and publishes it where it is another one now. */
  async publishPending(tenantId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.snapshot.lock(tx, [tenantId]);
      if (await this.snapshot.takePending(tx, tenantId)) await this.publish(tx, tenantId);
    });
  }

  /** Some tenants whose lists must be compiled anew. */
  async pending(): Promise<string[]> {
    return this.snapshot.pending(this.database, PENDING_AT_ONCE);
  }

  /** The list of a group that a device is in; publishes the first one where the device comes before its event. */
  async listFor(key: GroupKey): Promise<CurrentList> {
    return this.lists.peek(key.tenantId, key.group) ?? this.lists.get(key, (missing) => this.currentOf(missing));
  }

  /** The list of a group that somebody names; undefined where there is no such group. */
  async findList(key: GroupKey): Promise<CurrentList | undefined> {
    if (!canBeGroup(key.group)) return undefined;
    const held = this.lists.peek(key.tenantId, key.group);
    if (held) return held;
    return (await this.revisions.current(this.database, key)) && this.listFor(key);
  }

  private async currentOf(key: GroupKey): Promise<SignedRevision> {
    const found = await this.revisions.current(this.database, key);
    if (found) return found;
    return this.database.transaction(async (tx) => {
      await this.snapshot.lock(tx, [key.tenantId]);
      await this.snapshot.addGroups(tx, [key]);
      await this.publish(tx, key.tenantId);
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

  /** Writes a change under the lock of its tenants, together with the note that their lists follow. */
  private async take(
    tx: Tx,
    changes: readonly { readonly tenantId: string }[],
    save: () => Promise<string[]>,
  ): Promise<string[]> {
    await this.snapshot.lock(
      tx,
      changes.map((change) => change.tenantId),
    );
    const changed = (await save()).filter((tenantId) => tenantId !== '');
    if (changed.length > 0) await this.snapshot.markPending(tx, changed);
    return changed;
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
