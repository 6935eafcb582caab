import { Injectable } from '@nestjs/common';
import { Clock } from '#kernel';
import type { CurrentList } from './current-list.js';
import { BlocklistViews } from './blocklist.views.js';

const MAX_AGE_MS = 60_000;

interface Names {
  readonly readAt: number;
  readonly names: Promise<ReadonlyMap<string, string>>;
}

/**
 * The names of the apps on a list, read together and kept for a minute, so that whoever reloads a public page does not
 * reach the database.
 */
@Injectable()
export class AppNames {
  private readonly held = new WeakMap<CurrentList, Names>();

  constructor(
    private readonly views: BlocklistViews,
    private readonly clock: Clock,
  ) {}

  async nameOf(list: CurrentList, appId: string): Promise<string | undefined> {
    const now = this.clock.now().getTime();
    const held = this.held.get(list);
    if (held && now - held.readAt < MAX_AGE_MS) return (await held.names).get(appId);
    const names = this.views.appNames(list.signed.tenantId, [...new Set(list.rules.map((rule) => rule.appId))]);
    this.held.set(list, { readAt: now, names });
    // A failure is not kept: the next page asks again.
    names.catch(() => this.held.delete(list));
    return (await names).get(appId);
  }
}
