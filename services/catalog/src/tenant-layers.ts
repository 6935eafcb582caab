import type { App } from '#contracts';
import { overriddenApp, type AppRow, type OverrideRow } from './app-rows.js';
import { withOverlay } from './domain/overlay.js';
import { overlayOf, type OverlayRow } from './overlay.store.js';

/** What one tenant laid over a global app: it has a record of its own of it. */
export interface TenantLayers {
  readonly tenantId: string;
  readonly override: OverrideRow | undefined;
  readonly overlay: OverlayRow | undefined;
}

/** Every tenant that has a record of its own of the app. */
export function layersOf(
  appId: string,
  overrides: readonly OverrideRow[],
  overlays: readonly OverlayRow[],
): TenantLayers[] {
  const own = <T extends { app_id: string; tenant_id: string }>(rows: readonly T[]): Map<string, T> =>
    new Map(rows.filter((row) => row.app_id === appId).map((row) => [row.tenant_id, row]));
  const [scores, others] = [own(overrides), own(overlays)];
  const tenants = [...new Set([...scores.keys(), ...others.keys()])].sort();
  return tenants.map((tenantId) => ({
    tenantId,
    override: scores.get(tenantId),
    overlay: others.get(tenantId),
  }));
}

/** The app as the tenant of the layers sees it. */
export function layeredApp(row: AppRow, { override, overlay }: TenantLayers): App {
  return withOverlay(overriddenApp(row, override), overlay && overlayOf(overlay));
}
