import type { ScoredApp, Fact, Rule } from './domain/app-record.js';
import { asApp, type AppStanding } from './domain/app-message.js';
import { withOverlay, type Overlay } from './domain/overlay.js';
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
  readonly version: string;
}

/** A row of `app` as a tenant sees it: with its override laid over. */
export type TenantAppRow = AppRow & {
  readonly override_score: number | null;
  readonly override_reason: string | null;
  readonly override_set_at: Date | null;
  readonly override_version: string | null;
  readonly overlay_rules: Rule[] | null;
  readonly overlay_label_ids: string[] | null;
  readonly overlay_owner: string | null;
  readonly overlay_version: string | null;
  readonly overlay_updated_at: Date | null;
};

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

/** The app with a tenant's score laid over; the later of both versions and times counts. */
export function overriddenApp(row: AppRow, override: OverrideRow | undefined): App {
  if (!override) return appOf(row);
  const standing = standingOf(row);
  const version = BigInt(override.version);
  return asApp(
    { ...recordOf(row), score: override.score },
    {
      ...standing,
      version: version > standing.version ? version : standing.version,
      updatedAt: override.set_at > standing.updatedAt ? override.set_at : standing.updatedAt,
      scoreOverrideReason: override.reason,
    },
  );
}

export function overrideOf(row: TenantAppRow): OverrideRow | undefined {
  if (row.override_score === null) return undefined;
  return {
    tenant_id: row.tenant_id,
    app_id: row.app_id,
    score: row.override_score,
    reason: row.override_reason ?? '',
    set_at: row.override_set_at ?? row.updated_at,
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

/** The app as the tenant of the row's override sees it, with what it laid over it. */
export function tenantApp(row: TenantAppRow): App {
  return withOverlay(overriddenApp(row, overrideOf(row)), overlayOfRow(row));
}

function standingOf(row: AppRow): AppStanding {
  return { tenantId: row.tenant_id, version: BigInt(row.version), updatedAt: row.updated_at };
}
