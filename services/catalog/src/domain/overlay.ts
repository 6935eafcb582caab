import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { App } from '#contracts';
import { asMatchRule } from './app-message.js';
import type { Rule } from './app-record.js';
import { ruleKey } from './rule-normalise.js';

/** What a tenant lays over an app beside its score: hosts that it assigned to it, labels, and who answers for it. */
export interface Overlay {
  readonly rules: readonly Rule[];
  readonly labelIds: readonly string[];
  readonly owner: string;
  readonly version: bigint;
  readonly updatedAt: Date;
}

/** The rules of an app with those that were assigned to it; each once. */
export function overlaidRules(rules: readonly Rule[], overlay: Overlay): Rule[] {
  const has = new Set(rules.map(ruleKey));
  return [...rules, ...overlay.rules.filter((rule) => !has.has(ruleKey(rule)))];
}

/** The app with the overlay on it; the later of both versions and times counts. */
export function withOverlay(app: App, overlay: Overlay | undefined): App {
  if (!overlay) return app;
  const before = app.updatedAt ? timestampDate(app.updatedAt) : overlay.updatedAt;
  return {
    ...app,
    rules: overlaidRules(app.rules, overlay).map(asMatchRule),
    labelIds: [...overlay.labelIds],
    owner: overlay.owner,
    version: overlay.version > app.version ? overlay.version : app.version,
    updatedAt: timestampFromDate(overlay.updatedAt > before ? overlay.updatedAt : before),
  };
}
