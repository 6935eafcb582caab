import { Inject, Injectable } from '@nestjs/common';
import { PolicyChangedSchema, Tag, type PolicyInput } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, isId, newId, type SettingsOf } from '#kernel';
import type { CallContext } from '#rpc';
import { AppStore } from './app.store.js';
import { isNamed } from './domain/labels.js';
import { isPlainText } from './domain/text.js';
import { MAX_REASON, validatePolicy, type PolicyDraft } from './domain/validation.js';
import { EvaluationService } from './evaluation.service.js';
import { PolicySettings } from './policy.config.js';
import * as errors from './policy.errors.js';
import { PolicyStore, type StoredPolicy } from './policy.store.js';
import { policyMessage, tagMessage } from './policy.views.js';
import { MatchStore } from './match.store.js';
import { TagStore } from './tag.store.js';

type PolicyMessage = ReturnType<typeof policyMessage>;
type TagMessage = ReturnType<typeof tagMessage>;

/**
 * What admins do to policies and tags. Each change and everything that follows from it for matches and tags is one
 * transaction.
 */
@Injectable()
export class PolicyService {
  constructor(
    private readonly database: Database,
    private readonly policies: PolicyStore,
    private readonly apps: AppStore,
    private readonly matches: MatchStore,
    private readonly tags: TagStore,
    private readonly evaluation: EvaluationService,
    private readonly clock: Clock,
    @Inject(PolicySettings.token) private readonly settings: SettingsOf<typeof PolicySettings>,
  ) {}

  async create(input: PolicyInput | undefined, { tenantId, actor }: CallContext): Promise<PolicyMessage> {
    const draft = checked(input);
    return this.change(tenantId, async (tx) => {
      if ((await this.policies.count(tx, tenantId)) >= this.settings.maxPolicies) {
        throw errors.tooManyPolicies(this.settings.maxPolicies);
      }
      const now = this.clock.now();
      const policy: StoredPolicy = {
        ...draft,
        policyId: newId(),
        createdAt: now,
        createdBy: actor.name || actor.id,
        updatedAt: now,
        version: 1n,
      };
      await this.refuseTakenName(tx, tenantId, policy);
      await this.policies.insert(tx, tenantId, policy);
      return this.changed(tx, tenantId, undefined, policy);
    });
  }

  /** @param version the version the change was made from; 0 = whichever is current */
  async update(
    policyId: string,
    input: PolicyInput | undefined,
    version: bigint,
    { tenantId }: CallContext,
  ): Promise<PolicyMessage> {
    const draft = checked(input);
    return this.change(tenantId, async (tx) => {
      const before = await this.existing(tx, tenantId, policyId);
      if (version !== 0n && version !== before.version) throw errors.versionConflict(before.version);
      const policy = this.next(before, draft);
      await this.refuseTakenName(tx, tenantId, policy);
      await this.policies.update(tx, tenantId, policy);
      return this.changed(tx, tenantId, before, policy);
    });
  }

  async setEnabled(policyId: string, enabled: boolean, { tenantId }: CallContext): Promise<PolicyMessage> {
    return this.change(tenantId, async (tx) => {
      const before = await this.existing(tx, tenantId, policyId);
      if (before.enabled === enabled) return policyMessage(before, await this.matches.count(tx, tenantId, policyId));
      const policy = this.next(before, { enabled });
      await this.policies.update(tx, tenantId, policy);
      return this.changed(tx, tenantId, before, policy);
    });
  }

  async delete(policyId: string, { tenantId }: CallContext): Promise<void> {
    await this.change(tenantId, async (tx) => {
      const policy = await this.existing(tx, tenantId, policyId);
      await this.evaluation.policyChanged(tx, tenantId, policy, undefined);
      await this.policies.delete(tx, tenantId, policyId);
      tx.append(PolicyChangedSchema, { policyId, policy: policyMessage(policy, 0), deleted: true }, { tenantId });
    });
  }

  /** @param tag UNSPECIFIED takes back what was decided by hand, so that policies decide again */
  async tagApp(appId: string, tag: Tag, reason: string, { tenantId, actor }: CallContext): Promise<TagMessage> {
    if (tag !== Tag.UNSPECIFIED && !isNamed(Tag, tag)) throw errors.invalidTag();
    if (reason.length > MAX_REASON || !isPlainText(reason)) throw errors.invalidReason(MAX_REASON);
    if (!isPlainText(appId)) throw errors.appNotFound(appId);
    return this.change(tenantId, async (tx) => {
      const known = await this.apps.effective(tx, tenantId, [appId]);
      const tagged = await this.tags.find(tx, tenantId, [appId]);
      // An app that left the catalog can still be freed of its tag, but not get one.
      if (known.length === 0 && (tag !== Tag.UNSPECIFIED || !tagged.has(appId))) throw errors.appNotFound(appId);
      const manual =
        tag === Tag.UNSPECIFIED ? undefined : { tag, setBy: actor.name || actor.id, reason: reason.trim() };
      await this.evaluation.appsChanged(tx, tenantId, [appId], new Map([[appId, manual]]));
      const stored = (await this.tags.find(tx, tenantId, [appId])).get(appId);
      return stored ? tagMessage(stored) : { appId, tag: Tag.UNSPECIFIED };
    });
  }

  private change<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(async (tx) => {
      await this.apps.lockTenants(tx, [tenantId]);
      return work(tx);
    });
  }

  private async changed(
    tx: Tx,
    tenantId: string,
    before: StoredPolicy | undefined,
    policy: StoredPolicy,
  ): Promise<PolicyMessage> {
    const { policyId } = policy;
    await this.evaluation.policyChanged(tx, tenantId, before, policy);
    const message = policyMessage(policy, await this.matches.count(tx, tenantId, policyId));
    tx.append(PolicyChangedSchema, { policyId, policy: message, deleted: false }, { tenantId });
    return message;
  }

  private next(before: StoredPolicy, draft: Partial<PolicyDraft>): StoredPolicy {
    return { ...before, ...draft, updatedAt: this.clock.now(), version: before.version + 1n };
  }

  private async existing(tx: Tx, tenantId: string, policyId: string): Promise<StoredPolicy> {
    const policy = isId(policyId) ? await this.policies.find(tx, tenantId, policyId) : undefined;
    if (!policy) throw errors.policyNotFound(policyId);
    return policy;
  }

  private async refuseTakenName(tx: Tx, tenantId: string, { name, policyId }: StoredPolicy): Promise<void> {
    if (await this.policies.nameTaken(tx, tenantId, name, policyId)) throw errors.nameTaken(name);
  }
}

function checked(input: PolicyInput | undefined): PolicyDraft {
  const result = validatePolicy(input);
  if ('problem' in result) throw errors.invalidPolicy(result.problem);
  return result.draft;
}
