import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { AppTagChangedSchema, PolicyMatchedSchema, PolicyScope, Tag } from '#contracts';
import { Clock, Metrics } from '#kernel';
import type { Tx } from '#database';
import { AppStore } from './app.store.js';
import { CatalogSnapshot } from './catalog-snapshot.js';
import type { AppFacts } from './domain/app-facts.js';
import { decide, sameAuthor, sameDecision, type ManualTag } from './domain/decision.js';
import { compareMatches, compilePolicy, type Subject } from './domain/evaluation.js';
import { MatchStore, type StoredMatch } from './match.store.js';
import { PolicyStore, type StoredPolicy } from './policy.store.js';
import { tagMessage } from './policy.views.js';
import { TagStore, type StoredTag } from './tag.store.js';

/**
 * Keeps matches and tags an exact function of policies, apps, what was discovered and what was tagged by hand. Writes
 * and tells only what differs from before. Every method expects its tenant's lock to be held (`AppStore.lockTenants`).
 */
@Injectable()
export class EvaluationService {
  private readonly found;
  private readonly decided;

  constructor(
    private readonly apps: AppStore,
    private readonly catalog: CatalogSnapshot,
    private readonly policies: PolicyStore,
    private readonly matches: MatchStore,
    private readonly tags: TagStore,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.found = metrics.counter({
      name: 'gnomon_policy_matches_found_total',
      help: 'Apps that began to match a policy.',
    });
    this.decided = metrics.counter({
      name: 'gnomon_policy_decisions_changed_total',
      help: 'Decisions about an app that were made, changed or taken back.',
    });
  }

  /**
   * After a policy was created (`before` is undefined), changed or deleted (`after` is undefined). Where its name or action
   * changed, every app it matches is decided about again.
   */
  async policyChanged(
    tx: Tx,
    tenantId: string,
    before: StoredPolicy | undefined,
    after: StoredPolicy | undefined,
  ): Promise<void> {
    const policyId = (before ?? after)!.policyId;
    const stored = await this.matches.ofPolicy(tx, tenantId, policyId);
    const wanted: Wanted = new Map();
    if (after?.enabled) {
      const manualTags = await this.tags.manualTags(tx, tenantId);
      const discovered = await this.apps.discovered(tx, tenantId);
      const matches = compilePolicy(after);
      for (const app of await this.appsInScope(tx, tenantId, after.scope, discovered)) {
        const manualTag = manualTags.get(app.appId) ?? Tag.UNSPECIFIED;
        const values = matches({ app, discovered: discovered.has(app.appId), manualTag });
        if (values) wanted.set(matchKey(policyId, app.appId), { policy: after, app, values });
      }
    }
    const appIds = await this.writeMatches(tx, tenantId, stored, wanted);
    if (before?.name !== after?.name || before?.action !== after?.action) {
      for (const { app } of wanted.values()) appIds.push(app.appId);
    }
    await this.decideAgain(tx, tenantId, new Set(appIds), new Map());
  }

  /**
   * After these apps changed, were discovered or were tagged by hand.
   *
   * @param byHand what an admin says about some of them now; undefined takes back what one said before
   */
  async appsChanged(
    tx: Tx,
    tenantId: string,
    appIds: readonly string[],
    byHand: ReadonlyMap<string, ManualTag | undefined> = new Map(),
  ): Promise<void> {
    const stored = await this.matches.ofApps(tx, tenantId, appIds);
    const subjects = await this.subjects(tx, tenantId, appIds, byHand);
    const wanted: Wanted = new Map();
    for (const policy of await this.policies.enabled(tx, tenantId)) {
      const matches = compilePolicy(policy);
      for (const subject of subjects) {
        const values = matches(subject);
        const { app } = subject;
        if (values) wanted.set(matchKey(policy.policyId, app.appId), { policy, app, values });
      }
    }
    const touched = await this.writeMatches(tx, tenantId, stored, wanted);
    await this.decideAgain(tx, tenantId, new Set([...touched, ...byHand.keys()]), byHand);
  }

  /** Writes the difference, tells new matches, and answers the apps for which anything changed. */
  private async writeMatches(
    tx: Tx,
    tenantId: string,
    stored: readonly StoredMatch[],
    wanted: Wanted,
  ): Promise<string[]> {
    const changes = compareMatches(
      new Map(stored.map((match) => [matchKey(match.policyId, match.appId), match.matchedValues])),
      new Map([...wanted].map(([key, { values }]) => [key, values])),
    );
    const now = this.clock.now();
    const written = [...changes.found, ...changes.revalued].map((key) => {
      const { policy, app, values } = wanted.get(key)!;
      return { policyId: policy.policyId, appId: app.appId, matchedValues: values };
    });
    const lost = changes.lost.map(matchOf);
    await this.matches.write(tx, tenantId, written, now);
    await this.matches.delete(tx, tenantId, lost);
    for (const key of changes.found) tellMatch(tx, tenantId, wanted.get(key)!, now);
    tx.afterCommit(() => this.found.inc(changes.found.length));
    return [...written, ...lost].map(({ appId }) => appId);
  }

  private async decideAgain(
    tx: Tx,
    tenantId: string,
    appIds: ReadonlySet<string>,
    byHand: ReadonlyMap<string, ManualTag | undefined>,
  ): Promise<void> {
    if (appIds.size === 0) return;
    const stored = await this.tags.find(tx, tenantId, [...appIds]);
    const claims = await this.matches.claims(tx, tenantId, [...appIds]);
    const now = this.clock.now();
    const written: StoredTag[] = [];
    const removed: string[] = [];
    for (const appId of appIds) {
      const before = stored.get(appId);
      const manual = byHand.has(appId) ? byHand.get(appId) : before?.manual;
      const decision = decide(manual, claims.get(appId) ?? []);
      if (sameDecision(before?.decision, decision)) continue;
      const previousTag = before?.decision.tag ?? Tag.UNSPECIFIED;
      if (!decision) {
        removed.push(appId);
        const tag = {
          appId,
          tag: Tag.UNSPECIFIED,
          setAt: timestampFromDate(now),
          reason: 'No policy asks for a tag any more.',
        };
        tx.append(AppTagChangedSchema, { appId, tag, previousTag }, { tenantId });
      } else {
        const setAt = before && sameAuthor(before.decision, decision) ? before.setAt : now;
        const tag = { appId, manual, decision, setAt };
        written.push(tag);
        tx.append(AppTagChangedSchema, { appId, tag: tagMessage(tag), previousTag }, { tenantId });
      }
    }
    await this.tags.write(tx, tenantId, written);
    await this.tags.delete(tx, tenantId, removed);
    tx.afterCommit(() => this.decided.inc(written.length + removed.length));
  }

  private async appsInScope(
    tx: Tx,
    tenantId: string,
    scope: PolicyScope,
    discovered: ReadonlySet<string>,
  ): Promise<Iterable<AppFacts>> {
    if (scope !== PolicyScope.CATALOG) return this.apps.effective(tx, tenantId, [...discovered]);
    const own = await this.apps.ownApps(tx, tenantId);
    const global = await this.catalog.read(tx);
    const overlaid = new Map(global);
    for (const app of own) overlaid.set(app.appId, app);
    return overlaid.values();
  }

  private async subjects(
    tx: Tx,
    tenantId: string,
    appIds: readonly string[],
    byHand: ReadonlyMap<string, ManualTag | undefined>,
  ): Promise<Subject[]> {
    const apps = await this.apps.effective(tx, tenantId, appIds);
    const discovered = await this.apps.discovered(tx, tenantId, appIds);
    const tags = await this.tags.find(tx, tenantId, appIds);
    return apps.map((app) => {
      const { appId } = app;
      const manual = byHand.has(appId) ? byHand.get(appId) : tags.get(appId)?.manual;
      return { app, discovered: discovered.has(appId), manualTag: manual?.tag ?? Tag.UNSPECIFIED };
    });
  }
}

/** The matches that hold now, by policy and app. */
type Wanted = Map<string, { policy: StoredPolicy; app: AppFacts; values: readonly string[] }>;

function tellMatch(
  tx: Tx,
  tenantId: string,
  { policy, app, values }: { policy: StoredPolicy; app: AppFacts; values: readonly string[] },
  now: Date,
): void {
  const { policyId, name: policyName, severity, action, alert } = policy;
  const { appId, name: appName } = app;
  const [matchedValues, matchedAt] = [[...values], timestampFromDate(now)];
  tx.append(
    PolicyMatchedSchema,
    { policyId, policyName, appId, appName, severity, action, alert, matchedValues, matchedAt },
    { tenantId },
  );
}

function matchKey(policyId: string, appId: string): string {
  return `${policyId}\0${appId}`;
}

function matchOf(key: string): { policyId: string; appId: string } {
  const at = key.indexOf('\0');
  return { policyId: key.slice(0, at), appId: key.slice(at + 1) };
}
