import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  AppChangeKind,
  type App,
  type AppChangeCause,
  type AppChangedSchema,
  type AppSnapshotSchema,
} from '#contracts';
import { changesOf } from './app-diff.js';
import { asMatchRule } from './app-message.js';
import type { Fact, ScoredApp } from './app-record.js';
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

/** An app is new, or another one now. `app` is the message of `after`. */
export function appChanged(
  { before, after, app }: { before: ScoredApp | undefined; after: ScoredApp; app: App },
  { cause, detail }: Cause,
  changes: readonly AppChangeKind[] = changesOf(before, after),
): AppChangedInit {
  return {
    appId: after.id,
    app,
    changes: [...changes],
    previousScore: before?.score,
    ...(before && difference(before, after)),
    cause,
    causeDetail: detail,
  };
}

/** An app is gone. `app` is the message of `before`. */
export function appRemoved({ before, app }: { before: ScoredApp; app: App }, { cause, detail }: Cause): AppChangedInit {
  return {
    appId: before.id,
    app,
    changes: [AppChangeKind.REMOVED],
    previousScore: before.score,
    previous: snapshotOf(before),
    removed: true,
    cause,
    causeDetail: detail,
  };
}

/** A tenant's record of a global app is gone, and the global one counts again. `app` is the message of `before`. */
export function recordDropped(
  { before, after, app }: { before: ScoredApp; after: ScoredApp; app: App },
  { cause, detail }: Cause,
): AppChangedInit {
  const changes = changesOf(before, after);
  return {
    appId: before.id,
    app,
    changes: changes.length > 0 ? changes : [AppChangeKind.SCORE],
    previousScore: before.score,
    ...difference(before, after),
    removed: true,
    resultingScore: after.score,
    cause,
    causeDetail: detail,
  };
}

export function snapshotOf(app: ScoredApp): MessageInitShape<typeof AppSnapshotSchema> {
  const { name, category, aiKind, generativeAi, score, confidence } = app;
  return { name, category, aiKind, generativeAi, score, confidence };
}

function difference(before: ScoredApp, after: ScoredApp): AppChangedInit {
  const [had, has] = [new Set(before.rules.map(ruleKey)), new Set(after.rules.map(ruleKey))];
  return {
    previous: snapshotOf(before),
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
