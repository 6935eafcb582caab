import { Inject, Injectable } from '@nestjs/common';
import { AiKind, AppChangeCause, MatchRuleKind, type App, type UpdateCustomAppRequest } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { appSeen, recordOf, type AppRow } from './app-rows.js';
import { appNotFound, invalidField, notAChangeableApp, ruleTaken } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { changesOf } from './domain/app-diff.js';
import type { Rule, ScoredApp } from './domain/app-record.js';
import { readDraft, type DraftRules } from './domain/custom-app.js';
import { ruleKey, writeRule } from './domain/rule-normalise.js';
import { scored } from './domain/scored-app.js';
import { isPlainText } from './domain/text.js';
import { OverlayStore } from './overlay.store.js';
import { TenantRecords } from './tenant-records.js';

/** Changes of apps that a tenant added. */
@Injectable()
export class CustomAppService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly overlays: OverlayStore,
    private readonly records: TenantRecords,
    private readonly clock: Clock,
  ) {}

  /**
   * What the request leaves out stays. A change that changes nothing is no event.
   *
   * @throws DomainError that names the field, `catalog.app-not-found`, `catalog.not-a-custom-app`, `catalog.rule-taken`
   */
  async update(request: UpdateCustomAppRequest, { tenantId }: CallContext): Promise<App> {
    const { appId } = request;
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const row = isPlainText(appId) ? await this.store.lockVisible(tx, tenantId, appId) : undefined;
      if (!row) throw appNotFound(appId);
      if (row.tenant_id !== tenantId || tenantId === '') throw notAChangeableApp();
      const owner = (await this.overlays.of(tx, tenantId, [appId])).get(appId)?.owner ?? '';
      const { app, ownerAfter, read } = changed(recordOf(row), owner, request);
      await this.refuseTaken(tx, tenantId, appId, read);
      return this.write(tx, row, app, owner === ownerAfter ? undefined : ownerAfter);
    });
  }

  /** Writes an app of the tenant of the row over it, with its owner where that is another one, and announces it. */
  async write(tx: Tx, row: AppRow, app: ScoredApp, owner: string | undefined): Promise<App> {
    const { tenant_id: tenantId, app_id: appId } = row;
    const before = await this.records.seen(tx, tenantId, row);
    const now = this.clock.now();
    if (changesOf(recordOf(row), app).length > 0) {
      const rows = await this.store.write(tx, tenantId, [app], now);
      await this.records.scoreOwnApps(tx, tenantId, rows, now);
    }
    if (owner !== undefined) await this.overlays.setOwner(tx, tenantId, appId, owner, now);
    const [written] = [...(await this.store.lock(tx, tenantId, [appId])).values()];
    const after = await this.records.seen(tx, tenantId, written ?? row);
    const cause = { cause: AppChangeCause.CUSTOM_APP_EDITED, detail: '' };
    this.records.announce(tx, tenantId, { before, after }, cause);
    return appSeen(after);
  }

  private async refuseTaken(tx: Tx, tenantId: string, appId: string, { rules, fields }: DraftRules): Promise<void> {
    const taken = (await this.store.taken(tx, tenantId, rules)).find((rule) => rule.app_id !== appId);
    if (taken) throw ruleTaken(writeRule(taken), fields.get(ruleKey(taken)) ?? 'domains', taken.app_id, taken.name);
  }
}

function changed(before: ScoredApp, owner: string, request: UpdateCustomAppRequest) {
  const isRange = (rule: Rule) => rule.kind === MatchRuleKind.IP_RANGE;
  const kept = before.rules.filter((rule) => !(isRange(rule) ? request.ipRanges : request.domains));
  const aiKind = request.aiKind ?? before.aiKind;
  const draft = {
    name: request.name ?? before.name,
    category: request.category || before.category,
    aiKind,
    generativeAi: (request.generativeAi ?? before.generativeAi) || aiKind !== AiKind.UNSPECIFIED,
    description: request.description ?? before.description,
    owner: request.owner ?? owner,
    domains: request.domains?.values ?? [],
    ipRanges: request.ipRanges?.values ?? [],
  };
  const read = readDraft(draft, kept);
  if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
  const { name, category, generativeAi, description } = draft;
  const details = { name: name.trim(), category, aiKind, generativeAi, description: description.trim() };
  return { app: scored({ ...before, ...details, rules: read.rules }), ownerAfter: draft.owner.trim(), read };
}
