import { Inject, Injectable, Logger } from '@nestjs/common';
import { AppChangeCause } from '#contracts';
import { Database, type Tx } from '#database';
import { defineJob, Jobs } from '#jobs';
import { Clock, messageOf } from '#kernel';
import type { CallContext } from '#rpc';
import { recordSeen, viewOf, type OwnScoreRow, type TenantAppRow } from './app-rows.js';
import { invalidField } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { factors } from './domain/factors/registry.js';
import { MoveSummary } from './domain/score-move.js';
import { Scorer } from './domain/scorer.js';
import {
  AS_DEFINED,
  isAsDefined,
  readWeighting,
  writeWeighting,
  type Weighting,
  type WeightingDraft,
} from './domain/weighting.js';
import { LoadStore } from './load.store.js';
import { TenantRecords } from './tenant-records.js';
import { weightsChanged } from './weights.errors.js';
import { WeightsStore, type SeenScoreRow, type WeightingRow } from './weights.store.js';

/** Apps a transaction: keeps each short, and the events of one append few. */
const STEP = 500;
const PREVIEW_STEP = 2_000;
const MAX_MOVERS = 100;
const DEFAULT_MOVERS = 20;
/** Work that nobody touched for so long is taken up again. */
const STALLED_MS = 60_000;
const STALLED_AT_ONCE = 100;

/** Scores the catalog by a tenant's weights of a version. */
export const RescoreCatalog = defineJob<{ tenantId: string; version: string }>('rescore-catalog', { attempts: 8 });

/** The weights of tenants: what they would do, and that they do it. */
@Injectable()
export class WeightsService {
  private readonly logger = new Logger(WeightsService.name);

  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly weights: WeightsStore,
    private readonly loads: LoadStore,
    private readonly records: TenantRecords,
    private readonly jobs: Jobs,
    private readonly clock: Clock,
  ) {}

  /** What applying these weights would do. @throws DomainError `catalog.…-invalid` naming the field */
  async preview(draft: WeightingDraft, movers: number | undefined, { tenantId }: CallContext): Promise<MoveSummary> {
    if (movers !== undefined && movers > MAX_MOVERS)
      throw invalidField('movers', 'movers', `At most ${MAX_MOVERS} apps are shown.`);
    const scorer = new Scorer(factors, checked(draft));
    const summary = new MoveSummary(movers ?? DEFAULT_MOVERS);
    for (const owner of ['', tenantId]) {
      for (let app = '', rows: SeenScoreRow[] | undefined; !rows || rows.length === PREVIEW_STEP;) {
        rows = await this.database.transaction((tx) =>
          this.weights.scoredAfter(tx, tenantId, { owner, app }, PREVIEW_STEP),
        );
        for (const row of rows) addMove(summary, row, scorer);
        app = rows.at(-1)?.app_id ?? app;
      }
    }
    return summary;
  }

  /**
   * Takes these weights as the tenant's own and has the catalog scored by them; what is being applied still is
   * superseded. The same weights as the newest ones begin nothing new.
   *
   * @throws DomainError `catalog.weights-changed`, `catalog.…-invalid` naming the field
   */
  apply(draft: WeightingDraft, version: bigint | undefined, context: CallContext): Promise<WeightingRow> {
    return this.begin(checked(draft), version, context);
  }

  /** Goes back to the default weights. @throws DomainError `catalog.weights-changed` */
  reset(version: bigint | undefined, context: CallContext): Promise<WeightingRow> {
    return this.begin(AS_DEFINED, version, context);
  }

  /**
   * Scores the catalog by the tenant's weights of this version, step by step. Each step and how far it got are one
   * transaction: so it may end anywhere and be begun again, also beside itself. Newer weights end it.
   */
  async run(tenantId: string, version: string): Promise<void> {
    for (let more = true; more;) {
      more = await this.database.transaction((tx) => this.step(tx, tenantId, version));
    }
  }

  /** Takes up work that was left: the queue may have been emptied, and a new catalog file begins it anew. */
  async goOn(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - STALLED_MS);
    const left = await this.database.transaction((tx) => this.weights.unfinished(tx, before, STALLED_AT_ONCE));
    for (const { tenant_id: tenantId, version } of left) {
      try {
        await this.run(tenantId, version);
      } catch (error) {
        // The others need not wait for one that cannot be done.
        this.logger.error(`Scoring by the weights ${version} of ${tenantId} failed: ${messageOf(error)}`);
      }
    }
  }

  private async begin(weighting: Weighting, version: bigint | undefined, context: CallContext): Promise<WeightingRow> {
    const { tenantId, actor } = context;
    const settings = writeWeighting(weighting);
    const begun = await this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const newest = await this.weights.newest(tx, tenantId);
      const current = newest?.version ?? '0';
      if (version !== undefined && version !== BigInt(current)) throw weightsChanged(current);
      if (newest && sameSettings(newest, settings)) return newest;
      const asDefined = isAsDefined(weighting);
      return this.weights.begin(tx, { tenantId, settings, asDefined, setBy: actor.name, now: this.clock.now() });
    });
    await this.enqueue(tenantId, begun.version);
    return begun;
  }

  /** Where there is no queue at the moment, the work is found to be left a minute later. */
  private async enqueue(tenantId: string, version: string): Promise<void> {
    try {
      await this.jobs.enqueue(RescoreCatalog, { tenantId, version }, { key: `${tenantId}/${version}` });
    } catch (error) {
      this.logger.warn(`Scoring by the weights ${version} of ${tenantId} waits: ${messageOf(error)}`);
    }
  }

  /** @returns whether there is more to do */
  private async step(tx: Tx, tenantId: string, version: string): Promise<boolean> {
    await this.store.lockTenant(tx, tenantId);
    const job = await this.weights.newest(tx, tenantId);
    if (!job || job.version !== version || job.finished_at) return false;
    await this.loads.lockShared(tx);
    const rows = await this.weights.appsAfter(tx, tenantId, { owner: job.at_owner, app: job.at_app }, STEP);
    const now = this.clock.now();
    const scores = await this.records.rescore(tx, [job], rows, now, ownScores(rows, tenantId));
    const own = new Map(scores.map((score) => [score.app_id, score]));
    const moved = rows.filter((row) => this.announce(tx, job, row, own.get(row.app_id))).length;
    const ended = rows.length < STEP;
    await this.weights.advance(tx, job, {
      owner: ended ? tenantId : job.at_owner,
      app: ended ? '' : rows.at(-1)!.app_id,
      done: rows.length,
      moved,
      finished: ended && job.at_owner === tenantId,
      now,
    });
    return !(ended && job.at_owner === tenantId);
  }

  /** @returns whether the score is another one */
  private announce(tx: Tx, job: WeightingRow, row: TenantAppRow, own: OwnScoreRow | undefined): boolean {
    const before = viewOf(row, job.tenant_id);
    const after = { ...before, own };
    const cause = { cause: AppChangeCause.WEIGHTS, detail: job.version };
    this.records.announce(tx, job.tenant_id, { before, after }, cause);
    return recordSeen(before).score !== recordSeen(after).score;
  }
}

function checked(draft: WeightingDraft): Weighting {
  const read = readWeighting(draft);
  if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
  return read.weighting;
}

function ownScores(rows: readonly TenantAppRow[], tenantId: string): Map<string, OwnScoreRow> {
  const scores = rows.map((row) => viewOf(row, tenantId).own).filter((own) => own !== undefined);
  return new Map(scores.map((score) => [score.app_id, score]));
}

function addMove(summary: MoveSummary, row: SeenScoreRow, scorer: Scorer): void {
  const before = row.score ?? undefined;
  const after = row.overridden ? before : scorer.score(row.facts, row.generative_ai).score;
  summary.add({ appId: row.app_id, name: row.name, before, after }, row.overridden);
}

/** Stored settings come back with their keys in another order. */
function sameSettings({ settings }: WeightingRow, wanted: object): boolean {
  return canonical(settings) === canonical(wanted);
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const rows = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${rows.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join()}}`;
}
