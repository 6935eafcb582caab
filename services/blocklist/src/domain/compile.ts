import { BlockAction, Tag, type BlockConflict, type DomainRule } from '#contracts';
import { claimsOf, type Claim, type TaggedApp } from './claim.js';
import { byConflict, noDomainConflict, pathConflict, publicSuffixConflict, sharedConflict } from './conflict.js';
import { isPublicSuffix } from './host-name.js';
import { byText } from './order.js';
import { RuleSet } from './rule-set.js';
import { SanctionedClaims } from './sanctioned-claims.js';

export interface CompiledList {
  /** Sorted by name and kind. */
  readonly rules: readonly DomainRule[];
  /** What was asked for and is not on the list. Sorted by app, kind and name. */
  readonly conflicts: readonly BlockConflict[];
}

interface Refusal {
  readonly claim: Claim;
  readonly action: BlockAction;
  readonly conflict: BlockConflict;
}

/** What a tag asks devices to do. */
export function actionOf(tag: Tag): BlockAction {
  if (tag === Tag.UNSANCTIONED) return BlockAction.BLOCK;
  return tag === Tag.MONITORED ? BlockAction.WARN : BlockAction.UNSPECIFIED;
}

/**
 * The smallest set of domain rules that blocks every host of unsanctioned apps and warns on those of monitored ones,
 * without touching a host of a sanctioned app or a public suffix. A device applies the strongest rule that reaches a
 * host. The same apps and tags give the same answer, in whatever order they come.
 */
export function compile(apps: readonly TaggedApp[]): CompiledList {
  const sorted = [...apps].sort((a, b) => byText(a.appId, b.appId));
  const sanctioned = new SanctionedClaims(
    sorted.filter((app) => app.tag === Tag.SANCTIONED).flatMap((app) => claimsOf(app)),
  );
  const set = new RuleSet();
  const refusals: Refusal[] = [];
  const conflicts: BlockConflict[] = [];
  for (const app of sorted) {
    const action = actionOf(app.tag);
    if (action === BlockAction.UNSPECIFIED) continue;
    const claims = claimsOf(app);
    const isPathOnly = claims.every((claim) => claim.path !== undefined);
    if (claims.length === 0) conflicts.push(noDomainConflict(app));
    for (const claim of claims) {
      const conflict = refusalOf(app, claim, sanctioned, isPathOnly);
      if (conflict) refusals.push({ claim, action, conflict });
      else set.add(claim, action);
    }
  }
  for (const { claim, action, conflict } of refusals) if (!set.covers(claim, action)) conflicts.push(conflict);
  return { rules: set.rules(), conflicts: withoutRepeats(conflicts.sort(byConflict)) };
}

function refusalOf(
  app: TaggedApp,
  claim: Claim,
  sanctioned: SanctionedClaims,
  isPathOnly: boolean,
): BlockConflict | undefined {
  if (claim.path !== undefined) return pathConflict(app, claim, isPathOnly);
  if (isPublicSuffix(claim.name)) return publicSuffixConflict(app, claim);
  const sharing = sanctioned.sharing(claim);
  return sharing.length > 0 ? sharedConflict(app, claim, sharing) : undefined;
}

/** An app may name a host by several rules; an admin needs to read of it once. */
function withoutRepeats(conflicts: readonly BlockConflict[]): BlockConflict[] {
  return conflicts.filter((conflict, i) => i === 0 || byConflict(conflict, conflicts[i - 1]!) !== 0);
}
