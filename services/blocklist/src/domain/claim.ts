import { MatchRuleKind, type MatchRule, type Tag } from '#contracts';
import { normaliseHost } from './host-name.js';

/** An app that a tenant decided about. */
export interface TaggedApp {
  readonly appId: string;
  readonly tag: Tag;
  /** What the catalog says of the app; undefined where it does not hold it (any more). */
  readonly entry?: AppEntry;
}

/** What the block list keeps of an app. */
export interface AppEntry {
  readonly name: string;
  readonly rules: readonly Pick<MatchRule, 'kind' | 'value' | 'path'>[];
}

/** Hosts that an app claims: the name itself, the names below it, or both. */
export interface Claim {
  readonly appId: string;
  readonly appName: string;
  readonly name: string;
  readonly host: boolean;
  readonly below: boolean;
  /** The claim is for one path of the host only. */
  readonly path?: string;
}

/** The claims of an app that are about hosts, in the order of its rules. Processes and malformed names make none. */
export function claimsOf(app: TaggedApp): Claim[] {
  const claims: Claim[] = [];
  for (const rule of app.entry?.rules ?? []) {
    const reach = REACH.get(rule.kind);
    const name = reach && normaliseHost(rule.value);
    if (!reach || !name) continue;
    const path = rule.kind === MatchRuleKind.PATH ? rule.path || '/' : undefined;
    claims.push({ appId: app.appId, appName: nameOf(app), name, ...reach, path });
  }
  return claims;
}

/** The app's name, or its id where the catalog does not know it. */
export function nameOf(app: TaggedApp): string {
  return app.entry?.name || app.appId;
}

const REACH: ReadonlyMap<MatchRuleKind, { host: boolean; below: boolean }> = new Map([
  [MatchRuleKind.DOMAIN, { host: true, below: true }],
  [MatchRuleKind.HOST, { host: true, below: false }],
  [MatchRuleKind.PATH, { host: true, below: false }],
  [MatchRuleKind.SUFFIX, { host: false, below: true }],
]);
