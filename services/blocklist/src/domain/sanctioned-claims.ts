import type { Claim } from './claim.js';
import { ancestors } from './host-name.js';

/**
 * The hosts of sanctioned apps, asked by the name that is to be blocked.
 *
 * A host belongs to the app with the most specific claim on it. So a claim collides with a sanctioned one of the same
 * name or of a name below; a sanctioned claim of a name above does not collide, because the narrower claim carves its
 * hosts out of the wider one (a sanctioned `google.com` leaves `gemini.google.com` to the app that claims it).
 */
export class SanctionedClaims {
  private readonly at = new Map<string, Claim[]>();
  private readonly below = new Map<string, Claim[]>();

  constructor(claims: Iterable<Claim>) {
    for (const claim of claims) {
      push(this.at, claim.name, claim);
      for (const name of ancestors(claim.name)) push(this.below, name, claim);
    }
  }

  /** The sanctioned claims with hosts that blocking `claim` would cut off. */
  sharing(claim: Claim): Claim[] {
    const sameName = (this.at.get(claim.name) ?? []).filter(
      (other) => (other.host && claim.host) || (other.below && claim.below),
    );
    return claim.below ? [...sameName, ...(this.below.get(claim.name) ?? [])] : sameName;
  }
}

function push(map: Map<string, Claim[]>, name: string, claim: Claim): void {
  const held = map.get(name);
  if (held) held.push(claim);
  else map.set(name, [claim]);
}
