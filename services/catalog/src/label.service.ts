import { Inject, Injectable } from '@nestjs/common';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import {
  labelInUse,
  labelNameTaken,
  labelNotFound,
  namedAppNotFound,
  tooManyLabels,
  tooManyLabelsOfApp,
} from './admin.errors.js';
import { invalidField, tooMany } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { readLabel, type LabelDraft } from './domain/label.js';
import { isPlainText } from './domain/text.js';
import { LabelStore } from './label.store.js';
import { OverlayRecords } from './overlay-records.js';

const MAX_LABELS = 100;
const MAX_LABELS_OF_APP = 20;
/** Apps whose labels change at once: each makes an event. */
const MAX_APPS = 500;

/** Labels: words of a tenant's own that sort apps and decide nothing by themselves. */
@Injectable()
export class LabelService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly labels: LabelStore,
    private readonly records: OverlayRecords,
    private readonly clock: Clock,
  ) {}

  /**
   * @returns the id of the new label
   * @throws DomainError that names the field, `catalog.label-name-taken`, `catalog.too-many-labels`
   */
  async create(draft: LabelDraft, { tenantId }: CallContext): Promise<string> {
    const label = checked(draft);
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      if ((await this.labels.count(tx, tenantId)) >= MAX_LABELS) throw tooManyLabels(MAX_LABELS);
      if (await this.labels.idOfName(tx, tenantId, label.name)) throw labelNameTaken();
      return this.labels.create(tx, tenantId, label, this.clock.now());
    });
  }

  /** What is left out of the change stays. Apps that carry the label are not announced: their records hold its id. */
  async update(id: string, change: Partial<LabelDraft>, { tenantId }: CallContext): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const before = await this.found(tx, tenantId, id, 'id');
      const label = checked({
        name: change.name ?? before.name,
        colour: change.colour ?? before.colour,
        description: change.description ?? before.description,
      });
      const namesake = await this.labels.idOfName(tx, tenantId, label.name);
      if (namesake !== undefined && namesake !== id) throw labelNameTaken();
      await this.labels.update(tx, tenantId, id, label);
    });
  }

  /** @throws DomainError `catalog.label-not-found`, `catalog.label-in-use` where it is on too many apps */
  async delete(id: string, { tenantId }: CallContext): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      await this.found(tx, tenantId, id, 'id');
      const carriers = await this.labels.appsOf(tx, tenantId, id, MAX_APPS + 1);
      if (carriers.length > MAX_APPS) throw labelInUse(carriers.length, MAX_APPS);
      const apps = await this.records.keep(tx, tenantId, carriers);
      await this.labels.delete(tx, tenantId, id);
      await this.records.refresh(tx, tenantId, apps);
    });
  }

  /**
   * Puts a label on apps or takes it off.
   *
   * @returns how many apps it changed
   * @throws DomainError `catalog.label-not-found`, `catalog.app-not-found` naming the app, `catalog.too-many-labels-of-app`
   */
  async labelApps(
    { labelId, appIds, remove }: { labelId: string; appIds: readonly string[]; remove: boolean },
    { tenantId }: CallContext,
  ): Promise<number> {
    if (appIds.length > MAX_APPS) throw tooMany('appIds', MAX_APPS);
    const unreadable = appIds.findIndex((id) => !isPlainText(id));
    if (unreadable >= 0) throw namedAppNotFound(`appIds.${unreadable}`, '');
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      await this.found(tx, tenantId, labelId, 'labelId');
      const rows = await this.records.keep(tx, tenantId, appIds);
      const known = new Set(rows.map((row) => row.app_id));
      const missing = appIds.findIndex((id) => !known.has(id));
      if (missing >= 0) throw namedAppNotFound(`appIds.${missing}`, appIds[missing] ?? '');
      const changed = new Set(
        remove
          ? await this.labels.take(tx, tenantId, labelId, [...known])
          : await this.labels.put(tx, tenantId, labelId, [...known]),
      );
      if (!remove) await this.refuseTooMany(tx, tenantId, appIds);
      const moved = rows.filter((row) => changed.has(row.app_id));
      await this.records.refresh(tx, tenantId, moved);
      return changed.size;
    });
  }

  private async refuseTooMany(tx: Tx, tenantId: string, appIds: readonly string[]): Promise<void> {
    const carried = await this.labels.labelsOf(tx, tenantId, appIds);
    const at = appIds.findIndex((id) => (carried.get(id) ?? 0) > MAX_LABELS_OF_APP);
    if (at >= 0) throw tooManyLabelsOfApp(appIds[at] ?? '', `appIds.${at}`, MAX_LABELS_OF_APP);
  }

  private async found(tx: Tx, tenantId: string, id: string, field: string): Promise<LabelDraft> {
    const label = isPlainText(id) ? await this.labels.draftOf(tx, tenantId, id) : undefined;
    if (!label) throw labelNotFound(field);
    return label;
  }
}

function checked(draft: LabelDraft): LabelDraft {
  const read = readLabel(draft);
  if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
  return read.label;
}
