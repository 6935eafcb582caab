import { AppChangeKind, AppFeedKind } from '#contracts';
import { crossesWhole } from './score-move.js';

/** Facts that say what an app can do with AI. */
export const AI_CAPABILITIES: ReadonlySet<string> = new Set([
  'accepts-files',
  'accepts-code',
  'accepts-images',
  'accepts-voice',
  'agent-actions',
  'connects-accounts',
  'mcp-support',
  'mcp-role',
  'browser-access',
  'embedded-feature',
]);

/** The short facts of an app, as the feed has them. */
export interface Snapshot {
  readonly name: string;
  readonly category: number;
  readonly aiKind: number;
  readonly generativeAi: boolean;
  readonly score?: number | undefined;
  readonly confidence: number;
}

/** What is known of a change when its meaning is told. */
export interface Told {
  /** Undefined for a new app. */
  readonly before: Snapshot | undefined;
  /** Undefined for one that is gone. */
  readonly after: Snapshot | undefined;
  readonly changes: readonly AppChangeKind[];
  readonly changedFactors: readonly { readonly factorId: string; readonly after: string }[];
}

const NOTHING: readonly string[] = ['', 'false', 'none', 'n/a'];

/**
 * What a change means to who follows the catalog.
 *
 * @param beside whether it is told of a tenant's record of a global app, whose score alone is the tenant's
 */
export function feedKinds(told: Told, beside: boolean): AppFeedKind[] {
  return allKinds(told).filter((kind) => !beside || kind === AppFeedKind.SCORE);
}

function allKinds({ before, after, changes, changedFactors }: Told): AppFeedKind[] {
  if (!before) return [AppFeedKind.ADDED];
  if (!after) return [AppFeedKind.REMOVED];
  const gained = changedFactors.some((move) => AI_CAPABILITIES.has(move.factorId) && !NOTHING.includes(move.after));
  const kinds: readonly (readonly [AppFeedKind, boolean])[] = [
    [AppFeedKind.RULES, changes.includes(AppChangeKind.RULES)],
    [AppFeedKind.GENERATIVE_AI, changes.includes(AppChangeKind.GENERATIVE_AI)],
    [AppFeedKind.AI_CAPABILITY, gained || (before.aiKind !== after.aiKind && after.aiKind !== 0)],
    [AppFeedKind.SCORE, crossesWhole(before.score, after.score)],
    [AppFeedKind.NAME, before.name !== after.name],
    [AppFeedKind.CATEGORY, before.category !== after.category],
  ];
  return kinds.filter(([, so]) => so).map(([kind]) => kind);
}
