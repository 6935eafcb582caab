import { Inject, Injectable } from '@nestjs/common';
import { AppChangeCause, MatchRuleKind } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { recordOf, type AppRow } from './app-rows.js';
import { CatalogSettings } from './catalog.config.js';
import { invalidField } from './catalog.errors.js';
import { CatalogStore, type TakenRule } from './catalog.store.js';
import { CustomAppService } from './custom-app.service.js';
import { changesOf } from './domain/app-diff.js';
import type { ScoredApp } from './domain/app-record.js';
import {
  columnOf,
  nameKey,
  readAppTable,
  type TableApp,
  type TableLine,
  type TableProblem,
} from './domain/app-table.js';
import { CUSTOM_PREFIX } from './domain/catalog-file.js';
import { ruleKey, writeRule } from './domain/rule-normalise.js';
import { scored } from './domain/scored-app.js';
import { slug } from './domain/text.js';
import { ImportStore } from './import.store.js';
import { MAX_NOTES, NoteStore } from './note.store.js';
import { OverlayStore } from './overlay.store.js';
import { TenantRecords } from './tenant-records.js';

/** Apps a transaction: keeps each short. */
const STEP = 200;

/** What an import did or, where it was a trial, would do. */
export interface Imported {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** By line. */
  readonly problems: readonly TableProblem[];
}

type Outcome = 'created' | 'updated' | 'unchanged';

/** What stands against the apps of one step, before any of it is written. */
interface Surroundings {
  readonly own: ReadonlyMap<string, readonly AppRow[]>;
  readonly taken: ReadonlyMap<string, readonly TakenRule[]>;
  readonly owners: ReadonlyMap<string, string>;
  readonly notes: ReadonlyMap<string, ReadonlySet<string>>;
  readonly ids: ReadonlySet<string>;
}

/** Brings a table of apps in as a tenant's own: by name, so that the same table twice changes nothing. */
@Injectable()
export class ImportService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogSettings.token) private readonly settings: CatalogSettings,
    private readonly store: CatalogStore,
    private readonly imports: ImportStore,
    private readonly customApps: CustomAppService,
    private readonly overlays: OverlayStore,
    private readonly records: TenantRecords,
    private readonly notes: NoteStore,
    private readonly clock: Clock,
  ) {}

  /**
   * A line that is wrong is reported and the others go in. An app that is there by its name is changed to what its line
   * says; what the table has no column for stays. May be repeated where it was interrupted.
   *
   * @throws DomainError `catalog.csv-invalid` where the first line names no columns
   */
  async import(lines: readonly TableLine[], dryRun: boolean, context: CallContext): Promise<Imported> {
    const table = readAppTable(lines);
    if ('refused' in table) throw invalidField('csv', 'csv', `${table.refused}.`);
    const problems = [...table.problems];
    const counts = { created: 0, updated: 0, unchanged: 0 };
    for (let from = 0; from < table.apps.length; from += STEP) {
      const step = table.apps.slice(from, from + STEP);
      const done = await this.database.transaction((tx) =>
        this.step(tx, step, dryRun ? counts.created : 0, dryRun, context),
      );
      problems.push(...done.problems);
      for (const outcome of done.outcomes) counts[outcome] += 1;
    }
    return { ...counts, problems: problems.sort((a, b) => a.line - b.line) };
  }

  /** @param before how many apps earlier steps of a trial would have added */
  private async step(tx: Tx, apps: readonly TableApp[], before: number, dryRun: boolean, context: CallContext) {
    const { tenantId } = context;
    await this.store.lockTenant(tx, tenantId);
    const around = await this.surroundings(tx, tenantId, apps);
    let room = this.settings.maxCustomApps - before - (await this.store.countOwn(tx, 'app', tenantId));
    const problems: TableProblem[] = [];
    const outcomes: Outcome[] = [];
    const added: TableApp[] = [];
    for (const app of apps) {
      const rows = around.own.get(nameKey(app.draft.name)) ?? [];
      const problem = problemOf(app, rows, around) ?? (rows[0] || room > 0 ? undefined : this.noRoom(app.line));
      if (problem) {
        problems.push(problem);
        continue;
      }
      if (rows[0]) {
        outcomes.push(await this.change(tx, app, rows[0], around, dryRun, context));
        continue;
      }
      room -= 1;
      outcomes.push('created');
      added.push(app);
    }
    if (!dryRun && added.length > 0) await this.create(tx, added, around.ids, context);
    return { problems, outcomes };
  }

  /** Adds apps all at once: one by one takes ten times as long. */
  private async create(
    tx: Tx,
    apps: readonly TableApp[],
    ids: ReadonlySet<string>,
    context: CallContext,
  ): Promise<void> {
    const { tenantId } = context;
    const now = this.clock.now();
    const taken = new Set(ids);
    const blank = { vendor: '', homepage: '', description: '', facts: [] };
    const added = apps.map(({ draft, read, note }) => {
      const { name, category, aiKind, generativeAi, owner } = draft;
      const appId = freeId(name, taken);
      const app = scored({ id: appId, name, category, aiKind, generativeAi, ...blank, rules: read.rules });
      return { appId, app, owner, text: note };
    });
    const rows = await this.store.write(
      tx,
      tenantId,
      added.map(({ app }) => app),
      now,
    );
    const owned = added.filter(({ owner }) => owner !== '');
    await this.overlays.setOwners(tx, tenantId, owned, now);
    const noted = added.filter(({ text }) => text !== '');
    await this.notes.addFirst(tx, context, noted, now);
    await this.records.scoreOwnApps(tx, tenantId, rows, now);
    const seen = await this.records.seenAll(tx, tenantId, rows);
    for (const { appId } of added) {
      const cause = { cause: AppChangeCause.CUSTOM_APP_CREATED, detail: '' };
      this.records.announce(tx, tenantId, { before: undefined, after: seen.get(appId) }, cause);
    }
  }

  private async change(
    tx: Tx,
    { draft, read, note, columns }: TableApp,
    row: AppRow,
    around: Surroundings,
    dryRun: boolean,
    context: CallContext,
  ): Promise<Outcome> {
    const before = recordOf(row);
    const { name, category } = draft;
    const generativeAi = draft.generativeAi || before.generativeAi;
    const kept = before.rules.filter(
      ({ kind }) => !columns.has(kind === MatchRuleKind.IP_RANGE ? 'ipRanges' : 'domains'),
    );
    const after: ScoredApp = scored({ ...before, name, category, generativeAi, rules: [...kept, ...read.rules] });
    const isSameOwner = !columns.has('owner') || draft.owner === (around.owners.get(row.app_id) ?? '');
    const owner = isSameOwner ? undefined : draft.owner;
    const isNews = note !== '' && !around.notes.get(row.app_id)?.has(note);
    const isMoved = owner !== undefined || changesOf(before, after).length > 0;
    if (!isMoved && !isNews) return 'unchanged';
    if (dryRun) return 'updated';
    if (isMoved) await this.customApps.write(tx, row, after, owner);
    if (isNews) await this.notes.add(tx, context, { appId: row.app_id, text: note, at: this.clock.now() });
    return 'updated';
  }

  private async surroundings(tx: Tx, tenantId: string, apps: readonly TableApp[]): Promise<Surroundings> {
    const named = await this.imports.byName(
      tx,
      tenantId,
      apps.map(({ draft }) => draft.name),
    );
    const own = new Map<string, AppRow[]>();
    for (const row of named) {
      const key = nameKey(row.wanted);
      own.set(key, [...(own.get(key) ?? []), row]);
    }
    const taken = new Map<string, TakenRule[]>();
    const rules = apps.flatMap(({ read }) => read.rules);
    for (const rule of await this.store.taken(tx, tenantId, rules)) {
      taken.set(ruleKey(rule), [...(taken.get(ruleKey(rule)) ?? []), rule]);
    }
    const ids = named.map((row) => row.app_id);
    const overlays = await this.overlays.of(tx, tenantId, ids);
    return {
      own,
      taken,
      owners: new Map([...overlays].map(([id, { owner }]) => [id, owner])),
      notes: await this.imports.notesOf(tx, tenantId, ids),
      ids: await this.imports.customIds(tx, tenantId),
    };
  }

  private noRoom(line: number): TableProblem {
    return { line, column: '', reason: `a tenant may add at most ${this.settings.maxCustomApps} apps` };
  }
}

function problemOf(
  { line, draft, read, note }: TableApp,
  rows: readonly AppRow[],
  { taken, notes }: Surroundings,
): TableProblem | undefined {
  if (rows.length > 1) return { line, column: 'name', reason: `${rows.length} apps are named "${draft.name}"` };
  const id = rows[0]?.app_id ?? '';
  for (const rule of read.rules) {
    const other = taken.get(ruleKey(rule))?.find((each) => each.app_id !== id);
    if (!other) continue;
    const column = columnOf(read.fields.get(ruleKey(rule)) ?? 'domains');
    return { line, column, reason: `"${writeRule(rule)}" belongs to ${other.name} already` };
  }
  const written = notes.get(id);
  if (note !== '' && written && written.size >= MAX_NOTES && !written.has(note))
    return { line, column: 'notes', reason: `the app has ${MAX_NOTES} notes already` };
  return undefined;
}

function freeId(name: string, ids: Set<string>): string {
  const base = CUSTOM_PREFIX + slug(name);
  let id = base;
  for (let count = 2; ids.has(id); count += 1) id = `${base}-${count}`;
  ids.add(id);
  return id;
}
