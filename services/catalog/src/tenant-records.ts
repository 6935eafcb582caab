import { Injectable } from '@nestjs/common';
import { AppChangedSchema, AppChangeKind } from '#contracts';
import type { Tx } from '#database';
import {
  appSeen,
  ownScoreDiffers,
  recordOf,
  recordSeen,
  type AppRow,
  type OverrideRow,
  type OwnScoreRow,
  type TenantView,
} from './app-rows.js';
import { CatalogStore } from './catalog.store.js';
import { appChanged, appRemoved, recordDropped, type Cause, type Standing } from './domain/app-change.js';
import { changesOf } from './domain/app-diff.js';
import { factors } from './domain/factors/registry.js';
import { Scorer } from './domain/scorer.js';
import { isAsDefined, weightingOf } from './domain/weighting.js';
import { OverlayStore, overlayOf, type OverlayRow } from './overlay.store.js';
import { WeightsStore, type NewOwnScore, type WeightingRow } from './weights.store.js';

/**
 * A tenant's records of apps: its own apps, and global ones whose score it set by hand or that score differently under
 * its own weights. Whatever changes an app or a tenant's score says here how it was and how it is; what the tenant's
 * consumers must hear follows from that.
 */
@Injectable()
export class TenantRecords {
  constructor(
    private readonly store: CatalogStore,
    private readonly weights: WeightsStore,
    private readonly overlays: OverlayStore,
  ) {}

  /** How a tenant sees an app now. */
  async seen(tx: Tx, tenantId: string, row: AppRow): Promise<TenantView> {
    const override = await this.store.override(tx, tenantId, row.app_id);
    const own = await this.weights.score(tx, tenantId, row.app_id);
    return { row, override, own, overlay: (await this.overlays.of(tx, tenantId, [row.app_id])).get(row.app_id) };
  }

  /** How a tenant sees several apps now, by id. */
  async seenAll(tx: Tx, tenantId: string, rows: readonly AppRow[]): Promise<Map<string, TenantView>> {
    const ids = idsOf(rows);
    const overrides = byTenantAndApp(await this.store.overridesOf(tx, ids)).get(tenantId);
    const own = byTenantAndApp(await this.weights.scoresOf(tx, ids)).get(tenantId);
    const overlays = await this.overlays.of(tx, tenantId, ids);
    return new Map(
      rows.map((row) => {
        const id = row.app_id;
        return [id, { row, override: overrides?.get(id), own: own?.get(id), overlay: overlays.get(id) }];
      }),
    );
  }

  /** Announces what became of a tenant's record. Undefined = the tenant does not see the app. */
  announce(
    tx: Tx,
    tenantId: string,
    { before, after }: { before: TenantView | undefined; after: TenantView | undefined },
    cause: Cause,
  ): void {
    const had = isRecord(before);
    if (isRecord(after)) {
      const [was, is] = [before && recordSeen(before), recordSeen(after)];
      const changes = changesOf(was, is).filter((kind) => kind !== AppChangeKind.SCORE || scoreMoved(before, after));
      const reworded = before?.override?.version !== after.override?.version;
      const relabelled = before?.overlay?.version !== after.overlay?.version;
      if (had && changes.length === 0 && !reworded && !relabelled) return;
      const kinds = changes.length > 0 ? changes : [relabelled ? AppChangeKind.DETAILS : AppChangeKind.SCORE];
      const event = appChanged({ before: was, after: is, app: appSeen(after) }, cause, {
        changes: kinds,
        standing: hasGlobalScore(before) && hasGlobalScore(after) ? 'beside-with-its-score' : standingOf(after),
      });
      tx.append(AppChangedSchema, event, { tenantId });
    } else if (isRecord(before)) {
      const was = { before: recordSeen(before), app: appSeen(before) };
      const event = after
        ? recordDropped({ ...was, after: recordSeen(after) }, cause, before.overlay && AppChangeKind.DETAILS)
        : appRemoved(was, cause, standingOf(before));
      tx.append(AppChangedSchema, event, { tenantId });
    }
  }

  /** Scores a tenant's own apps by its weights. @returns the scores; none where the defaults hold */
  async scoreOwnApps(tx: Tx, tenantId: string, rows: readonly AppRow[], now: Date): Promise<Map<string, OwnScoreRow>> {
    const weighting = await this.weights.newest(tx, tenantId);
    const written = weighting ? await this.rescore(tx, [weighting], rows, now) : [];
    return new Map(written.map((score) => [score.app_id, score]));
  }

  /** Takes changes of global apps into the records of the tenants that have some, and scores them by their weights. */
  async globalAppsChanged(
    tx: Tx,
    { before, rows }: { before: ReadonlyMap<string, AppRow>; rows: readonly AppRow[] },
    cause: Cause,
    now: Date,
  ): Promise<void> {
    const ids = rows.map((row) => row.app_id);
    const weightings = await this.weights.newestOfAll(tx);
    const overrides = byTenantAndApp(await this.store.overridesOf(tx, ids));
    const overlays = byTenantAndApp(await this.overlays.ofAll(tx, ids));
    if (weightings.length === 0 && overrides.size === 0 && overlays.size === 0) return;
    const ownBefore = byTenantAndApp(await this.weights.scoresOf(tx, ids));
    const ownAfter = byTenantAndApp(await this.rescore(tx, weightings, rows, now));
    const tenants = new Set([...overrides.keys(), ...overlays.keys(), ...ownBefore.keys(), ...ownAfter.keys()]);
    for (const tenantId of [...tenants].sort()) {
      for (const row of rows) {
        const old = before.get(row.app_id);
        const override = overrides.get(tenantId)?.get(row.app_id);
        const overlay = overlayIn(overlays, tenantId, row.app_id);
        const was = old && { row: old, override, own: ownBefore.get(tenantId)?.get(row.app_id), overlay };
        const is = { row, override, own: ownAfter.get(tenantId)?.get(row.app_id), overlay };
        this.announce(tx, tenantId, { before: was, after: is }, cause);
      }
    }
  }

  /** Takes the records that tenants have of global apps that are gone along. */
  async globalAppsRemoved(tx: Tx, rows: readonly AppRow[], cause: Cause): Promise<void> {
    const ids = rows.map((row) => row.app_id);
    const overrides = byTenantAndApp(await this.store.deleteOverridesOf(tx, ids));
    const own = byTenantAndApp(await this.weights.deleteScoresOf(tx, ids));
    const overlays = byTenantAndApp(await this.overlays.forgetGlobal(tx, ids));
    for (const tenantId of [...new Set([...overrides.keys(), ...own.keys(), ...overlays.keys()])].sort()) {
      for (const row of rows) {
        const id = row.app_id;
        const overlay = overlayIn(overlays, tenantId, id);
        const before = { row, override: overrides.get(tenantId)?.get(id), own: own.get(tenantId)?.get(id), overlay };
        this.announce(tx, tenantId, { before, after: undefined }, cause);
      }
    }
  }

  /**
   * Writes what these apps score under each of the weightings; where one is as defined, nothing is kept.
   *
   * @param known the scores there are of one tenant, where they are known: what is the same is not written again
   */
  async rescore(
    tx: Tx,
    weightings: readonly WeightingRow[],
    rows: readonly AppRow[],
    now: Date,
    known: ReadonlyMap<string, OwnScoreRow> = new Map(),
  ): Promise<OwnScoreRow[]> {
    const scores: NewOwnScore[] = [];
    const same: OwnScoreRow[] = [];
    for (const { tenant_id: tenantId, version, settings } of weightings) {
      const weighting = weightingOf(settings);
      if (isAsDefined(weighting)) {
        await this.weights.deleteScores(tx, tenantId, idsOf(rows));
        continue;
      }
      const scorer = new Scorer(factors, weighting);
      for (const row of rows) {
        const { facts, generativeAi } = recordOf(row);
        const found = { tenantId, appId: row.app_id, weightsVersion: version, ...scorer.score(facts, generativeAi) };
        const before = known.get(row.app_id);
        if (before && isSame(before, found)) same.push(before);
        else scores.push(found);
      }
    }
    return scores.length === 0 ? same : [...same, ...(await this.weights.writeScores(tx, scores, now))];
  }
}

function isSame(row: OwnScoreRow, found: NewOwnScore): boolean {
  const { score, confidence, weightsVersion } = found;
  return row.weights_version === weightsVersion && row.score === (score ?? null) && row.confidence === confidence;
}

function standingOf({ row }: TenantView): Standing {
  return row.tenant_id === '' ? 'beside' : 'only';
}

/** Whether a tenant's record of a global app has the score that everybody sees. */
function hasGlobalScore(view: TenantView | undefined): boolean {
  return view !== undefined && view.row.tenant_id === '' && recordSeen(view).score === (view.row.score ?? undefined);
}

/** Whether the tenant has a record of the app in the log, apart from the global one. */
function isRecord(view: TenantView | undefined): view is TenantView {
  if (view === undefined) return false;
  const { row, override, overlay } = view;
  return row.tenant_id !== '' || override !== undefined || overlay !== undefined || ownScoreDiffers(view);
}

/** Under an override, what is known of the app moves nothing. */
function scoreMoved(before: TenantView | undefined, after: TenantView): boolean {
  if (!before) return true;
  const [was, is] = [recordSeen(before), recordSeen(after)];
  return was.score !== is.score || (!after.override && was.confidence !== is.confidence);
}

function overlayIn(overlays: ReadonlyMap<string, ReadonlyMap<string, OverlayRow>>, tenantId: string, appId: string) {
  const row = overlays.get(tenantId)?.get(appId);
  return row && overlayOf(row);
}

function byTenantAndApp<Row extends OverrideRow | OwnScoreRow | OverlayRow>(
  rows: readonly Row[],
): Map<string, Map<string, Row>> {
  const tenants = new Map<string, Map<string, Row>>();
  for (const row of rows) {
    const apps = tenants.get(row.tenant_id) ?? new Map<string, Row>();
    tenants.set(row.tenant_id, apps.set(row.app_id, row));
  }
  return tenants;
}

function idsOf(rows: readonly AppRow[]): string[] {
  return rows.map((row) => row.app_id);
}
