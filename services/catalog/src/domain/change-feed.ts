import {
  AppChangeCause,
  AppChangeKind,
  type App,
  type AppChanged,
  type AppFeedKind,
  type AppSnapshot,
} from '#contracts';
import type { FactorMove } from './app-change.js';
import { feedKinds, type Snapshot } from './feed-kinds.js';

/** An entry of the score history of an app. */
export interface ScoreMoved {
  readonly scoreBefore: number | undefined;
  readonly score: number | undefined;
  readonly confidence: number;
}

/** What is kept of a change of an app. */
export interface KeptChange {
  readonly tenantId: string;
  readonly appId: string;
  readonly cause: AppChangeCause;
  readonly causeDetail: string;
  readonly changedFactors: readonly FactorMove[];
  /** Undefined where the score stayed as it was. */
  readonly scoreMoved: ScoreMoved | undefined;
  /** What the change feed says of it; empty = nothing. */
  readonly kinds: readonly AppFeedKind[];
  readonly before: Snapshot | undefined;
  readonly after: Snapshot | undefined;
  /** Whether a tenant's own app is gone, and its history with it. */
  readonly ownAppGone: boolean;
}

/** What is kept of an event; undefined for how an installation began, which is no change of anything. */
export function keptOf(tenantId: string, event: AppChanged): KeptChange | undefined {
  const { app } = event;
  if (!app || event.cause === AppChangeCause.FIRST_LOAD) return undefined;
  const gone = event.changes.includes(AppChangeKind.REMOVED);
  const fresh = event.changes.includes(AppChangeKind.CREATED);
  const before = fresh ? undefined : (event.previous ?? { ...snapshot(app), score: event.previousScore });
  // A record that was dropped shows the app as it was last.
  const after = gone ? undefined : { ...snapshot(app), score: event.removed ? event.resultingScore : app.score };
  const moved = before?.score !== after?.score;
  return {
    tenantId,
    appId: event.appId,
    cause: event.cause || guessedCause(tenantId, event),
    causeDetail: event.causeDetail,
    changedFactors: event.changedFactors.map(({ factorId, before: was, after: is }) => ({
      factorId,
      before: was,
      after: is,
    })),
    scoreMoved:
      moved && !gone ? { scoreBefore: before?.score, score: after?.score, confidence: app.confidence } : undefined,
    // Whoever says why it is, says what it means as well; also that it means nothing.
    kinds: event.cause ? event.kinds : feedKinds({ before, after, ...event }, app.tenantId !== tenantId),
    before: before && plain(before),
    after: after && plain(after),
    ownAppGone: gone && tenantId !== '' && app.tenantId === tenantId,
  };
}

/** Whoever does not say why: a tenant edits its own apps, and everything else comes with a catalog file. */
function guessedCause(tenantId: string, { app, changes }: AppChanged): AppChangeCause {
  if (tenantId === '' || app?.tenantId !== tenantId) return AppChangeCause.CATALOG_FILE;
  if (changes.includes(AppChangeKind.CREATED)) return AppChangeCause.CUSTOM_APP_CREATED;
  if (changes.includes(AppChangeKind.REMOVED)) return AppChangeCause.CUSTOM_APP_DELETED;
  return AppChangeCause.CUSTOM_APP_EDITED;
}

function snapshot({ name, category, aiKind, generativeAi, score, confidence }: App): Snapshot {
  return { name, category, aiKind, generativeAi, score, confidence };
}

function plain({ name, category, aiKind, generativeAi, score, confidence }: Snapshot | AppSnapshot): Snapshot {
  return { name, category, aiKind, generativeAi, score, confidence };
}
