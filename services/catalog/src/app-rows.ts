import type { ScoredApp, Fact, Rule } from './domain/app-record.js';
import { asApp, type AppStanding } from './domain/app-message.js';
import { overlaidRules, withOverlay, type Overlay } from './domain/overlay.js';
import type { App } from '#contracts';

/** A row of `app`. */
export interface AppRow {
  readonly tenant_id: string;
  readonly app_id: string;
  readonly name: string;
  readonly category: number;
  readonly ai_kind: number;
  readonly generative_ai: boolean;
  readonly vendor: string;
  readonly homepage: string;
  readonly description: string;
  readonly rules: Rule[];
  readonly facts: Fact[];
  readonly score: number | null;
  readonly confidence: number;
  readonly version: string;
  readonly updated_at: Date;
}

/** A row of `score_override`. */
export interface OverrideRow {
  readonly tenant_id: string;
  readonly app_id: string;
  readonly score: number;
  readonly reason: string;
  readonly set_at: Date;
  readonly expires_at: Date | null;
  readonly version: string;
}

/** A row of `tenant_score`: what an app scores under a tenant's own weights. */
export interface OwnScoreRow {
  readonly tenant_id: string;
  readonly app_id: string;
  readonly score: number | null;
  readonly confidence: number;
  readonly weights_version: string;
  readonly version: string;
  readonly scored_at: Date;
}

/** A row of `app` as a tenant sees it: with its override and the score of its own weights laid over. */
export type TenantAppRow = AppRow & {
  readonly override_score: number | null;
  readonly override_reason: string | null;
  readonly override_set_at: Date | null;
  readonly override_expires_at: Date | null;
  readonly override_version: string | null;
  readonly overlay_rules: Rule[] | null;
  readonly overlay_label_ids: string[] | null;
  readonly overlay_owner: string | null;
  readonly overlay_version: string | null;
  readonly overlay_updated_at: Date | null;
  readonly own_score: number | null;
  readonly own_confidence: number | null;
  readonly own_weights_version: string | null;
  readonly own_version: string | null;
  readonly own_scored_at: Date | null;
};

/** What a tenant's record of an app is made of. An override outranks the tenant's weights, and these the app's own score. */
export interface TenantView {
  readonly row: AppRow;
  readonly override: OverrideRow | undefined;
  readonly own: OwnScoreRow | undefined;
  /** What it laid over the app beside a score; it makes a record of its own, too. */
  readonly overlay: Overlay | undefined;
}

export function recordOf(row: AppRow): ScoredApp {
  return {
    id: row.app_id,
    name: row.name,
    category: row.category,
    aiKind: row.ai_kind,
    generativeAi: row.generative_ai,
    vendor: row.vendor,
    homepage: row.homepage,
    description: row.description,
    rules: row.rules,
    facts: row.facts,
    score: row.score ?? undefined,
    confidence: row.confidence,
  };
}

export function appOf(row: AppRow): App {
  return asApp(recordOf(row), standingOf(row));
}

/** What a tenant sees of an app, as data. */
export function recordSeen({ row, override, own, overlay }: TenantView): ScoredApp {
  const stored = recordOf(row);
  const app = overlay ? { ...stored, rules: overlaidRules(stored.rules, overlay) } : stored;
  const scored = own ? { ...app, score: own.score ?? undefined, confidence: own.confidence } : app;
  return override ? { ...scored, score: override.score } : scored;
}

/** What a tenant sees of an app; the latest of the versions and times of its parts counts. */
export function appSeen(view: TenantView): App {
  const { row, override, own, overlay } = view;
  // Weights that come to the same score leave the record as it is.
  const weighed = own && ownScoreDiffers(view) ? own : undefined;
  const layers = [override, weighed].filter((layer) => layer !== undefined);
  const times = [row.updated_at, ...(override ? [override.set_at] : []), ...(weighed ? [weighed.scored_at] : [])];
  const app = asApp(recordSeen(view), {
    ...standingOf(row),
    version: [row, ...layers].map(({ version }) => BigInt(version)).reduce((a, b) => (a > b ? a : b)),
    updatedAt: times.reduce((a, b) => (a > b ? a : b)),
    scoreOverrideReason: override?.reason ?? '',
    scoreOverrideExpiresAt: override?.expires_at ?? undefined,
    scoredByOwnWeights: own !== undefined && override === undefined,
    catalogScore: row.tenant_id === '' && layers.length > 0 ? (row.score ?? undefined) : undefined,
  });
  return withOverlay(app, overlay);
}

export function ownScoreDiffers({ row, own }: TenantView): boolean {
  return own !== undefined && own.score !== row.score;
}

/** The parts of a row that was read with them. */
export function viewOf(row: TenantAppRow, tenantId: string): TenantView {
  return { row, override: overrideOf(row, tenantId), own: ownScoreOf(row, tenantId), overlay: overlayOfRow(row) };
}

/** The app as the tenant of the row sees it. */
export function tenantApp(row: TenantAppRow, tenantId: string): App {
  return appSeen(viewOf(row, tenantId));
}

export function overrideOf(row: TenantAppRow, tenantId: string): OverrideRow | undefined {
  if (row.override_score === null) return undefined;
  return {
    tenant_id: tenantId,
    app_id: row.app_id,
    score: row.override_score,
    reason: row.override_reason ?? '',
    set_at: row.override_set_at ?? row.updated_at,
    expires_at: row.override_expires_at,
    version: row.override_version ?? row.version,
  };
}

function overlayOfRow(row: TenantAppRow): Overlay | undefined {
  if (row.overlay_version === null) return undefined;
  return {
    rules: row.overlay_rules ?? [],
    labelIds: row.overlay_label_ids ?? [],
    owner: row.overlay_owner ?? '',
    version: BigInt(row.overlay_version),
    updatedAt: row.overlay_updated_at ?? row.updated_at,
  };
}

function ownScoreOf(row: TenantAppRow, tenantId: string): OwnScoreRow | undefined {
  if (row.own_weights_version === null) return undefined;
  return {
    tenant_id: tenantId,
    app_id: row.app_id,
    score: row.own_score,
    confidence: row.own_confidence ?? 0,
    weights_version: row.own_weights_version,
    version: row.own_version ?? row.version,
    scored_at: row.own_scored_at ?? row.updated_at,
  };
}

function standingOf(row: AppRow): AppStanding {
  return { tenantId: row.tenant_id, version: BigInt(row.version), updatedAt: row.updated_at };
}
