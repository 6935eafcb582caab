import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import {
  AppFeedKind,
  RescoreState,
  type CatalogWeightsService as WeightsContract,
  type PageRequest,
  type RescoreJobSchema,
  type RiskWeightsSchema,
} from '#contracts';
import type { RpcHandlers } from '#rpc';
import { invalidField, tooMany } from './catalog.errors.js';
import { DEFAULT_GROUP_WEIGHT, GROUPS } from './domain/score.js';
import { isPlainText } from './domain/text.js';
import { AS_DEFINED, weighable, weightingOf } from './domain/weighting.js';
import { HistoryViews } from './history.views.js';
import { WeightsService } from './weights.service.js';
import type { WeightingRow } from './weights.store.js';
import { WeightsViews } from './weights.views.js';

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const MAX_HISTORY = 200;
/** More than there are factors and groups: whoever names one twice is told so. */
const MAX_DRAFT = 1_000;

type Contract = RpcHandlers<typeof WeightsContract>;

/** Serves the contract in `proto/rpc/catalog_weights.proto`. */
@Injectable()
export class WeightsRpc implements Contract {
  constructor(
    private readonly weights: WeightsService,
    private readonly views: WeightsViews,
    private readonly history: HistoryViews,
  ) {}

  getRiskWeights: Contract['getRiskWeights'] = async (_request, { tenantId }) =>
    riskWeights(await this.views.newest(tenantId));

  previewRiskWeights: Contract['previewRiskWeights'] = async (request, context) => {
    refuseLong(request);
    const summary = await this.weights.preview(request, request.movers, context);
    const { apps, overridden, moved, up, down, crossed, becomeScored, becomeUnscored } = summary;
    const { histogram, unscoredBefore, unscoredAfter } = summary;
    return {
      ...{ apps, overridden, moved, up, down, crossed, becomeScored, becomeUnscored },
      ...{ histogram, unscoredBefore, unscoredAfter },
      biggestMoves: summary.largest(),
    };
  };

  applyRiskWeights: Contract['applyRiskWeights'] = async (request, context) => {
    refuseLong(request);
    return jobOf(await this.weights.apply(request, request.version, context));
  };

  resetRiskWeights: Contract['resetRiskWeights'] = async ({ version }, context) =>
    jobOf(await this.weights.reset(version, context));

  getRescoreJob: Contract['getRescoreJob'] = async ({ version }, { tenantId }) =>
    jobOf(await this.views.version(tenantId, version));

  listScoreOverrides: Contract['listScoreOverrides'] = async ({ page }, { tenantId }) => {
    const { rows, ...answer } = await this.views.overrides(tenantId, readPage(page));
    return {
      overrides: rows.map((row) => ({
        appId: row.app_id,
        score: row.score,
        reason: row.reason,
        setBy: row.set_by,
        setAt: timestampFromDate(row.set_at),
        expiresAt: row.expires_at ? timestampFromDate(row.expires_at) : undefined,
      })),
      page: { ...answer, cursors: [...answer.cursors] },
    };
  };

  listScoreHistory: Contract['listScoreHistory'] = async ({ appId, first }, { tenantId }) => {
    if (first > MAX_HISTORY) throw tooMany('first', MAX_HISTORY);
    const rows = isPlainText(appId) ? await this.history.scores(tenantId, appId, first || DEFAULT_PAGE) : [];
    return {
      entries: rows.map((row) => ({
        at: timestampFromDate(row.at),
        before: row.score_before ?? undefined,
        after: row.score ?? undefined,
        confidence: row.confidence,
        cause: row.cause,
        causeDetail: row.cause_detail,
        changedFactors: row.changed_factors,
        own: row.tenant_id !== '',
      })),
    };
  };

  listAppChanges: Contract['listAppChanges'] = async ({ kinds, since, page }, { tenantId }) => {
    if (kinds.some((kind) => !kind || AppFeedKind[kind] === undefined))
      throw invalidField('kind', 'kinds', 'That is no kind of change.');
    const query = { kinds, since: since && timestampDate(since), ...readPage(page) };
    const { rows, ...answer } = await this.history.changes(tenantId, query);
    return {
      changes: rows.map((row) => ({
        appId: row.app_id,
        at: timestampFromDate(row.at),
        kinds: row.kinds,
        before: row.before ?? undefined,
        after: row.after ?? undefined,
        addedRules: row.added_rules,
        removedRules: row.removed_rules,
        changedFactors: row.changed_factors,
        cause: row.cause,
        causeDetail: row.cause_detail,
        own: row.tenant_id !== '',
      })),
      page: { ...answer, cursors: [...answer.cursors] },
    };
  };
}

function readPage(page: PageRequest | undefined): { first: number; after: string } {
  const first = page?.first || DEFAULT_PAGE;
  if (first > MAX_PAGE) throw invalidField('page', 'first', `A page has at most ${MAX_PAGE} entries.`);
  return { first, after: page?.after ?? '' };
}

function refuseLong({ factors, groups }: { factors: readonly object[]; groups: readonly object[] }): void {
  if (factors.length > MAX_DRAFT) throw tooMany('factors', MAX_DRAFT);
  if (groups.length > MAX_DRAFT) throw tooMany('groups', MAX_DRAFT);
}

function riskWeights(row: WeightingRow | undefined): MessageInitShape<typeof RiskWeightsSchema> {
  const { groups, factors, notApplicable } = row ? weightingOf(row.settings) : AS_DEFINED;
  return {
    version: BigInt(row?.version ?? 0),
    groups: GROUPS.map((group) => ({
      group,
      defaultImportance: DEFAULT_GROUP_WEIGHT,
      importance: groups.get(group) ?? DEFAULT_GROUP_WEIGHT,
    })),
    factors: weighable.map((factor) => ({
      factorId: factor.id,
      name: factor.name,
      description: factor.description,
      group: factor.group,
      defaultImportance: factor.importance,
      importance: factors.get(factor.id) ?? factor.importance,
      defaultNotApplicableAsZero: factor.notApplicable === 'zero',
      notApplicableAsZero: (notApplicable.get(factor.id) ?? factor.notApplicable) === 'zero',
    })),
    setBy: row?.set_by ?? '',
    setAt: row && timestampFromDate(row.set_at),
  };
}

function jobOf(row: WeightingRow): MessageInitShape<typeof RescoreJobSchema> {
  const done = row.state === RescoreState.DONE;
  return {
    version: BigInt(row.version),
    state: row.state,
    // Apps may be added while it runs.
    progress: done ? 1 : Math.min(0.99, row.apps_done / Math.max(1, row.apps_total)),
    appsDone: row.apps_done,
    appsTotal: done ? row.apps_done : Math.max(row.apps_done, row.apps_total),
    moved: row.moved,
    requestedAt: timestampFromDate(row.set_at),
    finishedAt: row.finished_at ? timestampFromDate(row.finished_at) : undefined,
    requestedBy: row.set_by,
  };
}
