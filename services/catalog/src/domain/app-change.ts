import type { MessageInitShape } from '@bufbuild/protobuf';
import { AppChangeCause, AppChangeKind, type App, type AppChangedSchema, type AppSnapshotSchema } from '#contracts';
import { changesOf } from './app-diff.js';
import { asMatchRule } from './app-message.js';
import type { Fact, ScoredApp } from './app-record.js';
import { feedKinds } from './feed-kinds.js';
import { ruleKey } from './rule-normalise.js';

type AppChangedInit = MessageInitShape<typeof AppChangedSchema>;

/** Why an app changed; `detail` is what `cause_detail` of the contract says. */
export interface Cause {
  readonly cause: AppChangeCause;
  readonly detail: string;
}

/** A fact that was added, changed or taken away; empty = not known. */
export interface FactorMove {
  readonly factorId: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Whose record of the app it is: the only one there is, or one `beside` the global one, of which it tells the score or,
 * where that is the global one too, nothing.
 */
export type Standing = 'only' | 'beside' | 'beside-with-its-score';

/** An app is new, or another one now. `app` is the message of `after`. */
export function appChanged(
  { before, after, app }: { before: ScoredApp | undefined; after: ScoredApp; app: App },
  { cause, detail }: Cause,
  {
    changes = changesOf(before, after),
    standing = 'only',
  }: { changes?: readonly AppChangeKind[]; standing?: Standing } = {},
): AppChangedInit {
  const moved = differenceOf(before, after);
  return {
    appId: after.id,
    app,
    changes: [...changes],
    previousScore: before?.score,
    ...moved,
    kinds:
      cause === AppChangeCause.FIRST_LOAD || standing === 'beside-with-its-score'
        ? []
        : feedKinds({ before, after, changes, changedFactors: moved.changedFactors }, standing === 'beside'),
    cause,
    causeDetail: detail,
  };
}

/** An app is gone. `app` is the message of `before`. */
export function appRemoved(
  { before, app }: { before: ScoredApp; app: App },
  { cause, detail }: Cause,
  standing: Standing = 'only',
): AppChangedInit {
  const changes = [AppChangeKind.REMOVED];
  return {
    appId: before.id,
    app,
    changes,
    previousScore: before.score,
    previous: snapshotOf(before),
    removed: true,
    kinds: feedKinds({ before, after: undefined, changes, changedFactors: [] }, standing !== 'only'),
    cause,
    causeDetail: detail,
  };
}

/**
 * A tenant's record of a global app is gone, and the global one counts again. `app` is the message of `before`.
 *
 * @param otherwise what changed where neither the content nor the score did
 */
export function recordDropped(
  { before, after, app }: { before: ScoredApp; after: ScoredApp; app: App },
  cause: Cause,
  otherwise = AppChangeKind.SCORE,
): AppChangedInit {
  const found = changesOf(before, after);
  const changes = found.length > 0 ? found : [otherwise];
  const change = appChanged({ before, after, app }, cause, { changes, standing: 'beside' });
  return { ...change, removed: true, resultingScore: after.score };
}

export function snapshotOf(app: ScoredApp): MessageInitShape<typeof AppSnapshotSchema> {
  const { name, category, aiKind, generativeAi, score, confidence } = app;
  return { name, category, aiKind, generativeAi, score, confidence };
}

function differenceOf(before: ScoredApp | undefined, after: ScoredApp) {
  if (!before) return { addedRules: [], removedRules: [], changedFactors: [] };
  const previous = snapshotOf(before);
  const same = before.rules === after.rules && before.facts === after.facts;
  if (same) return { previous, addedRules: [], removedRules: [], changedFactors: [] };
  const [had, has] = [new Set(before.rules.map(ruleKey)), new Set(after.rules.map(ruleKey))];
  return {
    previous,
    addedRules: after.rules.filter((rule) => !had.has(ruleKey(rule))).map(asMatchRule),
    removedRules: before.rules.filter((rule) => !has.has(ruleKey(rule))).map(asMatchRule),
    changedFactors: factorMoves(before.facts, after.facts),
  };
}

/** The facts whose value differs. Another source or day of the same value is no move. */
function factorMoves(before: readonly Fact[], after: readonly Fact[]): FactorMove[] {
  const [had, has] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...had.keys(), ...has.keys()])]
    .map((factorId) => ({ factorId, before: had.get(factorId) ?? '', after: has.get(factorId) ?? '' }))
    .filter((move) => move.before !== move.after);
}

function valuesOf(facts: readonly Fact[]): Map<string, string> {
  return new Map(facts.map(({ factorId, value }) => [factorId, value]));
}
