import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { AppChangeCause, AppChangedSchema, AppChangeKind, AppFeedKind } from '#contracts';
import { appChanged } from '../src/domain/app-change.js';
import { asApp } from '../src/domain/app-message.js';
import type { ScoredApp } from '../src/domain/app-record.js';
import { keptOf } from '../src/domain/change-feed.js';

const app: ScoredApp = {
  ...{ id: 'own', name: 'Own', category: 1, aiKind: 0, generativeAi: false, vendor: '', homepage: '', description: '' },
  ...{ rules: [], facts: [], score: 5, confidence: 0.5 },
};
const message = (tenantId: string, content = app) =>
  asApp(content, { tenantId, version: 1n, updatedAt: new Date('2026-01-01') });
const event = (init: MessageInitShape<typeof AppChangedSchema>) => create(AppChangedSchema, init);

describe('what is kept of an event', () => {
  it('is nothing of how an installation begins', () => {
    const first = { cause: AppChangeCause.FIRST_LOAD, detail: '1' };
    const init = appChanged({ before: undefined, after: app, app: message('') }, first);
    expect(init.kinds).toEqual([]);
    expect(keptOf('', event(init))).toBeUndefined();
  });

  it('is what can be read from it where its author says neither why nor what was before', () => {
    const bare = { appId: 'own', app: message('t1'), previousScore: 3 };
    expect(keptOf('t1', event({ ...bare, changes: [AppChangeKind.RULES, AppChangeKind.SCORE] }))).toMatchObject({
      cause: AppChangeCause.CUSTOM_APP_EDITED,
      kinds: [AppFeedKind.RULES, AppFeedKind.SCORE],
      scoreMoved: { scoreBefore: 3, score: 5 },
    });
    expect(keptOf('t1', event({ ...bare, changes: [AppChangeKind.CREATED] }))).toMatchObject({
      cause: AppChangeCause.CUSTOM_APP_CREATED,
      kinds: [AppFeedKind.ADDED],
      before: undefined,
    });
    expect(keptOf('t1', event({ ...bare, changes: [AppChangeKind.REMOVED], removed: true }))).toMatchObject({
      cause: AppChangeCause.CUSTOM_APP_DELETED,
      kinds: [AppFeedKind.REMOVED],
      after: undefined,
      ownAppGone: true,
    });
    const global = { ...bare, app: message(''), changes: [AppChangeKind.RULES] };
    expect(keptOf('', event(global))?.cause).toBe(AppChangeCause.CATALOG_FILE);
  });

  it('is the score alone of a record beside the global one', () => {
    const before = { ...app, name: 'Old', score: 2.5 };
    const cause = { cause: AppChangeCause.CATALOG_FILE, detail: '2' };
    const init = appChanged({ before, after: app, app: message('') }, cause, { standing: 'beside' });
    expect(keptOf('t1', event(init))?.kinds).toEqual([AppFeedKind.SCORE]);
    expect(keptOf('', event(appChanged({ before, after: app, app: message('') }, cause)))?.kinds).toEqual([
      AppFeedKind.SCORE,
      AppFeedKind.NAME,
    ]);
  });

  it('tells of the score that counts once a record is dropped', () => {
    const init = { ...appChanged({ before: app, after: app, app: message('') }, { cause: 0, detail: '' }) };
    const dropped = event({ ...init, removed: true, resultingScore: 8, changes: [AppChangeKind.SCORE], kinds: [] });
    expect(keptOf('t1', dropped)).toMatchObject({
      scoreMoved: { scoreBefore: 5, score: 8 },
      after: { score: 8 },
      kinds: [AppFeedKind.SCORE],
      ownAppGone: false,
    });
  });
});
