import { Inject, Injectable } from '@nestjs/common';
import { AiKind, AppChangeCause, type App } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import { systemContext, type CallContext } from '#rpc';
import { appSeen, type AppRow, type TenantView } from './app-rows.js';
import { CatalogSettings } from './catalog.config.js';
import {
  appNotFound,
  invalidField,
  notACustomApp,
  ruleTaken,
  tooManyCustomApps,
  tooManyOverrides,
} from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { CUSTOM_PREFIX } from './domain/catalog-file.js';
import { isScore, readDraft, type CustomAppDraft, type DraftRules } from './domain/custom-app.js';
import { ruleKey, writeRule } from './domain/rule-normalise.js';
import { scored } from './domain/scored-app.js';
import { isPlainText, slug } from './domain/text.js';
import { NoteStore, readNote } from './note.store.js';
import { OverlayStore } from './overlay.store.js';
import { TenantRecords } from './tenant-records.js';
import { WeightsStore } from './weights.store.js';

const MAX_REASON = 500;
const REASON_AT_CREATION = 'Set when the app was added';

/** What tenants change in the catalog: apps of their own, and scores that they set by hand. */
@Injectable()
export class CatalogService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogSettings.token) private readonly settings: CatalogSettings,
    private readonly store: CatalogStore,
    private readonly weights: WeightsStore,
    private readonly records: TenantRecords,
    private readonly overlays: OverlayStore,
    private readonly notes: NoteStore,
    private readonly clock: Clock,
  ) {}

  /** @param draft its `note` becomes the first note about the app, unless it is empty */
  async createCustomApp(draft: CustomAppDraft & { note: string }, context: CallContext): Promise<App> {
    const read = readDraft(draft);
    if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
    const note = draft.note.trim() === '' ? undefined : readNote(draft.note, 'note');
    const { tenantId } = context;
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      if ((await this.store.countOwn(tx, 'app', tenantId)) >= this.settings.maxCustomApps) {
        throw tooManyCustomApps(this.settings.maxCustomApps);
      }
      await this.refuseTakenRules(tx, tenantId, read);
      const id = await this.freeId(tx, tenantId, draft.name);
      const app = scored({
        id,
        name: draft.name.trim(),
        category: draft.category,
        aiKind: draft.aiKind,
        generativeAi: draft.generativeAi || draft.aiKind !== AiKind.UNSPECIFIED,
        vendor: '',
        homepage: '',
        description: draft.description.trim(),
        rules: read.rules,
        facts: [],
      });
      const now = this.clock.now();
      const row = (await this.store.write(tx, tenantId, [app], now))[0] as AppRow;
      const own = (await this.records.scoreOwnApps(tx, tenantId, [row], now)).get(id);
      const override =
        draft.score === undefined
          ? undefined
          : await this.store.writeOverride(tx, this.override(context, id, draft.score, REASON_AT_CREATION, undefined));
      if (draft.owner.trim() !== '') await this.overlays.setOwner(tx, tenantId, id, draft.owner.trim(), now);
      if (note !== undefined) await this.notes.add(tx, context, { appId: id, text: note, at: now });
      const after = { row, override, own, overlay: (await this.overlays.of(tx, tenantId, [id])).get(id) };
      const cause = { cause: AppChangeCause.CUSTOM_APP_CREATED, detail: '' };
      this.records.announce(tx, tenantId, { before: undefined, after }, cause);
      return appSeen(after);
    });
  }

  async deleteCustomApp(appId: string, { tenantId }: CallContext): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const row = isPlainText(appId) ? await this.store.lockVisible(tx, tenantId, appId) : undefined;
      if (!row) throw appNotFound(appId);
      if (row.tenant_id !== tenantId || tenantId === '') throw notACustomApp();
      const before = await this.records.seen(tx, tenantId, row);
      await this.store.deleteOverride(tx, tenantId, appId);
      await this.weights.deleteScores(tx, tenantId, [appId]);
      await this.overlays.forgetOwn(tx, tenantId, appId);
      await this.store.delete(tx, tenantId, [appId]);
      const cause = { cause: AppChangeCause.CUSTOM_APP_DELETED, detail: '' };
      this.records.announce(tx, tenantId, { before, after: undefined }, cause);
    });
  }

  /** Sets the score of an app for the tenant, for good or until a moment, or clears what was set. */
  async overrideScore(
    { appId, score, reason, expiresAt }: { appId: string; score?: number; reason: string; expiresAt?: Date },
    context: CallContext,
  ): Promise<App> {
    if (score !== undefined && !isScore(score))
      throw invalidField('score', 'score', 'A score is a number from 0 to 10.');
    if (score !== undefined && (reason.trim() === '' || reason.length > MAX_REASON || !isPlainText(reason))) {
      throw invalidField('reason', 'reason', `A reason has 1 to ${MAX_REASON} characters of text.`);
    }
    if (expiresAt && (score === undefined || expiresAt <= this.clock.now())) {
      throw invalidField('expiry', 'expiresAt', 'A score that is set can expire, at a moment in the future.');
    }
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, context.tenantId);
      const row = isPlainText(appId) ? await this.store.lockVisible(tx, context.tenantId, appId) : undefined;
      if (!row) throw appNotFound(appId);
      const before = await this.records.seen(tx, context.tenantId, row);
      return score === undefined
        ? this.clearScore(tx, before, context, AppChangeCause.OVERRIDE_REMOVED)
        : this.setScore(tx, before, { score, reason: reason.trim(), expiresAt }, context);
    });
  }

  /** Clears scores whose time is up, some of them. @returns how many were due */
  async expireOverrides(limit: number): Promise<number> {
    const due = await this.database.transaction((tx) => this.store.expired(tx, this.clock.now(), limit));
    for (const { tenant_id: tenantId, app_id: appId } of due) {
      const context = systemContext(tenantId, 'catalog');
      await this.database.transaction(async (tx) => {
        await this.store.lockTenant(tx, tenantId);
        const row = await this.store.lockVisible(tx, tenantId, appId);
        // Meanwhile it may have been set anew.
        const before = row && (await this.records.seen(tx, tenantId, row));
        const expiresAt = before?.override?.expires_at;
        if (!before || !expiresAt || expiresAt > this.clock.now()) return;
        await this.clearScore(tx, before, context, AppChangeCause.OVERRIDE_EXPIRED);
      });
    }
    return due.length;
  }

  private async setScore(
    tx: Tx,
    before: TenantView,
    { score, reason, expiresAt }: { score: number; reason: string; expiresAt: Date | undefined },
    context: CallContext,
  ): Promise<App> {
    const { tenantId } = context;
    if (!before.override && (await this.store.countOwn(tx, 'score_override', tenantId)) >= this.settings.maxOverrides) {
      throw tooManyOverrides(this.settings.maxOverrides);
    }
    const wanted = this.override(context, before.row.app_id, score, reason, expiresAt);
    const after = { ...before, override: await this.store.writeOverride(tx, wanted) };
    const cause = { cause: AppChangeCause.OVERRIDE_SET, detail: reason };
    this.records.announce(tx, tenantId, { before, after }, cause);
    return appSeen(after);
  }

  /** Without its override an app is as the tenant's weights or everybody see it. */
  private async clearScore(tx: Tx, before: TenantView, { tenantId }: CallContext, cause: AppChangeCause): Promise<App> {
    const after = { ...before, override: undefined };
    if (!before.override) return appSeen(after);
    await this.store.deleteOverride(tx, tenantId, before.row.app_id);
    this.records.announce(tx, tenantId, { before, after }, { cause, detail: before.override.reason });
    return appSeen(after);
  }

  private override(
    { tenantId, actor }: CallContext,
    appId: string,
    score: number,
    reason: string,
    expiresAt: Date | undefined,
  ) {
    return { tenantId, appId, score, reason, setBy: actor.id, setAt: this.clock.now(), expiresAt };
  }

  private async refuseTakenRules(tx: Tx, tenantId: string, { rules, fields }: DraftRules) {
    const [taken] = await this.store.taken(tx, tenantId, rules);
    if (!taken) return;
    throw ruleTaken(writeRule(taken), fields.get(ruleKey(taken)) ?? 'domains', taken.app_id, taken.name);
  }

  private async freeId(tx: Tx, tenantId: string, name: string): Promise<string> {
    const base = CUSTOM_PREFIX + slug(name);
    for (let count = 1; ; count += 1) {
      const id = count === 1 ? base : `${base}-${count}`;
      if (!(await this.store.exists(tx, tenantId, id))) return id;
    }
  }
}
