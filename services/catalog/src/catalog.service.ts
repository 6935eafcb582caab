import { Inject, Injectable } from '@nestjs/common';
import { AiKind, AppChangedSchema, AppChangeKind, type App } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { overriddenApp, type AppRow } from './app-rows.js';
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
import { OverlayRecords } from './overlay-records.js';

const MAX_REASON = 500;
const REASON_AT_CREATION = 'Set when the app was added';

/** What tenants change in the catalog: apps of their own, and scores that they set by hand. */
@Injectable()
export class CatalogService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogSettings.token) private readonly settings: CatalogSettings,
    private readonly store: CatalogStore,
    private readonly overlays: OverlayStore,
    private readonly records: OverlayRecords,
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
      const rows = await this.store.write(tx, tenantId, [app], this.clock.now());
      const override =
        draft.score === undefined
          ? undefined
          : await this.store.writeOverride(tx, this.override(context, id, draft.score, REASON_AT_CREATION));
      if (draft.owner.trim() !== '')
        await this.overlays.setOwner(tx, tenantId, id, draft.owner.trim(), this.clock.now());
      if (note !== undefined) await this.notes.add(tx, context, { appId: id, text: note, at: this.clock.now() });
      const created = await this.records.overlaid(tx, tenantId, overriddenApp(rows[0] as AppRow, override));
      tx.append(AppChangedSchema, { appId: id, app: created, changes: [AppChangeKind.CREATED] }, { tenantId });
      return created;
    });
  }

  async deleteCustomApp(appId: string, { tenantId }: CallContext): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const row = isPlainText(appId) ? await this.store.lockVisible(tx, tenantId, appId) : undefined;
      if (!row) throw appNotFound(appId);
      if (row.tenant_id !== tenantId || tenantId === '') throw notACustomApp();
      const override = await this.store.override(tx, tenantId, appId);
      const app = await this.records.overlaid(tx, tenantId, overriddenApp(row, override));
      await this.store.deleteOverride(tx, tenantId, appId);
      await this.overlays.forgetOwn(tx, tenantId, appId);
      await this.store.delete(tx, tenantId, [appId]);
      const removal = { appId, app, changes: [AppChangeKind.REMOVED], previousScore: app.score, removed: true };
      tx.append(AppChangedSchema, removal, { tenantId });
    });
  }

  /** Sets the score of an app for the tenant, or clears what was set. */
  async overrideScore(appId: string, score: number | undefined, reason: string, context: CallContext): Promise<App> {
    if (score !== undefined && !isScore(score))
      throw invalidField('score', 'score', 'A score is a number from 0 to 10.');
    if (score !== undefined && (reason.trim() === '' || reason.length > MAX_REASON || !isPlainText(reason))) {
      throw invalidField('reason', 'reason', `A reason has 1 to ${MAX_REASON} characters of text.`);
    }
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, context.tenantId);
      const row = isPlainText(appId) ? await this.store.lockVisible(tx, context.tenantId, appId) : undefined;
      if (!row) throw appNotFound(appId);
      return score === undefined
        ? this.clearScore(tx, row, context)
        : this.setScore(tx, row, score, reason.trim(), context);
    });
  }

  private async setScore(tx: Tx, row: AppRow, score: number, reason: string, context: CallContext): Promise<App> {
    const { tenantId } = context;
    const before = await this.store.override(tx, tenantId, row.app_id);
    if (!before && (await this.store.countOwn(tx, 'score_override', tenantId)) >= this.settings.maxOverrides) {
      throw tooManyOverrides(this.settings.maxOverrides);
    }
    const override = await this.store.writeOverride(tx, this.override(context, row.app_id, score, reason));
    const app = await this.records.overlaid(tx, tenantId, overriddenApp(row, override));
    const previousScore = before?.score ?? row.score ?? undefined;
    const change = { appId: row.app_id, app, changes: [AppChangeKind.SCORE], previousScore };
    tx.append(AppChangedSchema, change, { tenantId });
    return app;
  }

  /** With nothing laid over it any more a global app is as everybody sees it: the tenant's record goes. */
  private async clearScore(tx: Tx, row: AppRow, { tenantId }: CallContext): Promise<App> {
    const before = await this.store.override(tx, tenantId, row.app_id);
    const plain = await this.records.overlaid(tx, tenantId, overriddenApp(row, undefined));
    if (!before) return plain;
    await this.store.deleteOverride(tx, tenantId, row.app_id);
    const removed = row.tenant_id === '' && !(await this.overlays.of(tx, tenantId, [row.app_id])).has(row.app_id);
    const app = removed ? overriddenApp(row, before) : plain;
    const change = { appId: row.app_id, app, changes: [AppChangeKind.SCORE], previousScore: before.score, removed };
    tx.append(AppChangedSchema, change, { tenantId });
    return plain;
  }

  private override({ tenantId, actor }: CallContext, appId: string, score: number, reason: string) {
    return { tenantId, appId, score, reason, setBy: actor.id, setAt: this.clock.now() };
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
