import { Inject, Injectable } from '@nestjs/common';
import { AppChangedSchema, type AppChanged, type MatchRule } from '#contracts';
import { Database, type AppendedEvent, type Tx } from '#database';
import { Clock } from '#kernel';
import type { Rule } from './domain/app-record.js';
import { keptOf } from './domain/change-feed.js';
import { HistoryStore, type RecordedChange } from './history.store.js';

/**
 * Keeps the score history and the change feed: whatever a transaction announces is written there before it commits, with
 * one statement for each however many apps it concerns. So nobody who changes an app has to think of it.
 */
@Injectable()
export class ChangeRecorder {
  constructor(
    @Inject(Database) database: Database,
    private readonly store: HistoryStore,
    private readonly clock: Clock,
  ) {
    database.onBeforeCommit((tx, appended) => this.record(tx, appended));
  }

  private async record(tx: Tx, appended: readonly AppendedEvent[]): Promise<void> {
    const changes = withoutEchoes(
      appended.flatMap(({ schema, message, tenantId }) =>
        schema.typeName === AppChangedSchema.typeName ? recordedOf(tenantId, message as AppChanged) : [],
      ),
    );
    if (changes.length === 0) return;
    const now = this.clock.now();
    await this.store.writeScores(tx, changes, now);
    await this.store.writeChanges(tx, changes, now);
    const gone = changes.filter(({ ownAppGone }) => ownAppGone);
    if (gone.length === 0) return;
    await this.store.forget(
      tx,
      gone.map(({ tenantId }) => tenantId),
      gone.map(({ appId }) => appId),
    );
  }
}

function recordedOf(tenantId: string, event: AppChanged): RecordedChange[] {
  const kept = keptOf(tenantId, event);
  if (!kept || (kept.kinds.length === 0 && !kept.scoreMoved && !kept.ownAppGone)) return [];
  return [{ ...kept, addedRules: event.addedRules.map(plainRule), removedRules: event.removedRules.map(plainRule) }];
}

/** A tenant's record may move with the global app, as one does that has labels and no score of its own. It is told once. */
function withoutEchoes(changes: readonly RecordedChange[]): RecordedChange[] {
  const global = new Map(changes.filter(({ tenantId }) => tenantId === '').map((change) => [change.appId, change]));
  return changes.map((change) => {
    const { scoreMoved, tenantId } = change;
    const other = tenantId === '' ? undefined : global.get(change.appId)?.scoreMoved;
    const isEcho = scoreMoved?.score === other?.score && scoreMoved?.scoreBefore === other?.scoreBefore;
    return scoreMoved && other && isEcho ? { ...change, scoreMoved: undefined } : change;
  });
}

function plainRule({ kind, value, path }: MatchRule): Rule {
  return { kind, value, path };
}
