import { Tag } from '#contracts';
import { tagLabel } from './labels.js';

/** A tag an admin set by hand; never `UNSPECIFIED`. */
export interface ManualTag {
  readonly tag: Tag;
  readonly setBy: string;
  readonly reason: string;
}

/** An enabled policy that matches the app. */
export interface Claim {
  readonly policyId: string;
  readonly policyName: string;
  /** The tag the policy asks for; `UNSPECIFIED` = none, it only alerts. */
  readonly action: Tag;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly matchedValues: readonly string[];
}

/** What was decided about an app. `setBy` is empty for a policy's decision, `policyId` for one made by hand. */
export interface Decision {
  readonly tag: Tag;
  readonly policyId: string;
  readonly policyName: string;
  readonly setBy: string;
  readonly reason: string;
  readonly matchedValues: readonly string[];
  readonly overruledPolicyIds: readonly string[];
}

const STRENGTH = new Map([
  [Tag.UNSANCTIONED, 3],
  [Tag.MONITORED, 2],
  [Tag.SANCTIONED, 1],
]);

/** How many policies a reason names; the ids of all are in the decision. */
const NAMED = 3;

/**
 * Decides about one app. A tag set by hand outranks every policy. Among policies the strongest action wins
 * (unsanctioned, then monitored, then sanctioned), and among those that ask for the same the oldest one is named.
 * Undefined where nobody asks for a tag: so a tag is taken back as soon as its reason is gone.
 */
export function decide(manual: ManualTag | undefined, claims: readonly Claim[]): Decision | undefined {
  const asking = claims.filter(({ action }) => STRENGTH.has(action)).sort(strongestFirst);
  if (manual) {
    const overruled = asking.filter(({ action }) => action !== manual.tag);
    return {
      tag: manual.tag,
      policyId: '',
      policyName: '',
      setBy: manual.setBy,
      reason: manualReason(manual, overruled),
      matchedValues: [],
      overruledPolicyIds: idsOf(overruled),
    };
  }
  const [winner, ...others] = asking;
  if (!winner) return undefined;
  const overruled = others.filter(({ action }) => action !== winner.action);
  return {
    tag: winner.action,
    policyId: winner.policyId,
    policyName: winner.policyName,
    setBy: '',
    reason: policyReason(winner, overruled),
    matchedValues: winner.matchedValues,
    overruledPolicyIds: idsOf(overruled),
  };
}

/** Whether two decisions say the same in every word. */
export function sameDecision(a: Decision | undefined, b: Decision | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.tag === b.tag &&
    a.policyId === b.policyId &&
    a.policyName === b.policyName &&
    a.setBy === b.setBy &&
    a.reason === b.reason &&
    sameList(a.matchedValues, b.matchedValues) &&
    sameList(a.overruledPolicyIds, b.overruledPolicyIds)
  );
}

/** Whether two decisions were made for the same tag by the same author: then the date of the first stands. */
export function sameAuthor(a: Decision, b: Decision): boolean {
  return a.tag === b.tag && a.policyId === b.policyId && a.setBy === b.setBy;
}

export function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function strongestFirst(a: Claim, b: Claim): number {
  const byStrength = (STRENGTH.get(b.action) ?? 0) - (STRENGTH.get(a.action) ?? 0);
  return byStrength || a.createdAt - b.createdAt || (a.policyId < b.policyId ? -1 : a.policyId > b.policyId ? 1 : 0);
}

function idsOf(claims: readonly Claim[]): string[] {
  return claims.map(({ policyId }) => policyId);
}

function manualReason({ tag, setBy, reason }: ManualTag, overruled: readonly Claim[]): string {
  const said = reason ? `: ${reason}` : '';
  const outranks = overruled.length > 0 ? ` This outranks ${named(overruled)}.` : '';
  return `Tagged ${tagLabel(tag)} by hand by ${setBy}${ended(said)}${outranks}`;
}

function policyReason(winner: Claim, overruled: readonly Claim[]): string {
  const because = winner.matchedValues.length > 0 ? ` because ${winner.matchedValues.join(' and ')}` : '';
  const outranks = overruled.length > 0 ? ` This outranks ${named(overruled)}.` : '';
  return `Tagged ${tagLabel(winner.action)} by policy “${winner.policyName}”${because}.${outranks}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function named(claims: readonly Claim[]): string {
  const names = claims.slice(0, NAMED).map(({ policyName, action }) => `policy “${policyName}” (${tagLabel(action)})`);
  const more = claims.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(' and ');
}
