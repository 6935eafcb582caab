import { Injectable } from '@nestjs/common';
import { getDomain } from 'tldts';
import { MatchRuleKind } from '#contracts';
import type { Tx } from '#database';
import { HostIndex } from '#matcher';
import { AppStore, type CatalogApp, type TagChange, type UnclaimedHostRow } from './app.store.js';
import { appKey } from './usage.store.js';

/** The most hosts that one change of an app takes out of the bucket of unclaimed ones. */
const MAX_HOSTS = 20_000;
const HOST_KINDS: ReadonlySet<MatchRuleKind> = new Set([
  MatchRuleKind.DOMAIN,
  MatchRuleKind.HOST,
  MatchRuleKind.SUFFIX,
]);

/** Follows what catalog and policy say of apps. */
@Injectable()
export class AppService {
  constructor(private readonly store: AppStore) {}

  /**
   * Takes in changed apps. Hosts that an app claims from now on are hidden from the unclaimed ones; what was counted of
   * them stays there and is not moved to the app, whose usage begins with the next event.
   */
  async appsChanged(tx: Tx, changes: readonly CatalogApp[]): Promise<void> {
    const latest = [...new Map(changes.map((each) => [appKey(each.tenantId, each.app.id), each])).values()];
    if (latest.length === 0) return;
    await this.store.saveApps(tx, latest);
    for (const each of latest) await this.claimHosts(tx, each);
  }

  async tagsChanged(tx: Tx, changes: readonly TagChange[]): Promise<void> {
    const latest = [...new Map(changes.map((each) => [appKey(each.tenantId, each.appId), each])).values()];
    if (latest.length > 0) await this.store.saveTags(tx, latest);
  }

  private async claimHosts(tx: Tx, change: CatalogApp): Promise<void> {
    const { app } = change;
    const rules = change.rules.filter((rule) => HOST_KINDS.has(rule.kind));
    const domains = [
      ...new Set([...app.rules, ...rules].map((rule) => getDomain(rule.value)).filter((domain) => domain !== null)),
    ];
    const candidates = await this.store.lockHostsOf(tx, change, domains, MAX_HOSTS);
    if (candidates.length === 0) return;
    const index = new HostIndex(rules.map((rule) => ({ appId: app.id, rule })));
    const isClaimed = (row: UnclaimedHostRow): boolean => index.match(row.host) !== undefined;
    const gained = candidates.filter((row) => row.claimed_by_app_id === '' && isClaimed(row));
    const lost = candidates.filter((row) => row.claimed_by_app_id === app.id && !isClaimed(row));
    if (gained.length > 0) await this.store.claimHosts(tx, gained, app.id);
    if (lost.length > 0) await this.store.claimHosts(tx, lost, '');
  }
}
