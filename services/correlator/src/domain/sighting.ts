import { AccessOutcome, Tag, type Severity } from '#contracts';

/** An app began to match a policy. */
export interface PolicyMatchSighting {
  readonly type: 'policy-match';
  readonly policyId: string;
  readonly policyName: string;
  readonly appId: string;
  readonly appName: string;
  readonly severity: Severity;
  /** The tag the policy asks for. */
  readonly action: Tag;
  readonly alert: boolean;
  readonly matchedValues: readonly string[];
  readonly at: Date;
}

/** A user or device used, or tried to use, an app that is tagged unsanctioned or monitored. */
export interface AccessSighting {
  readonly type: 'access';
  readonly appId: string;
  /** Empty where the source names none. */
  readonly user: string;
  /** Empty where the source is no device. */
  readonly deviceId: string;
  readonly sourceIp: string;
  readonly outcome: AccessOutcome;
  /** The tag the app carried then. */
  readonly tag: Tag;
  /** How many accesses it stands for. */
  readonly count: bigint;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly host: string;
}

export type Sighting = PolicyMatchSighting | AccessSighting;

/**
 * Who did it, as far as it is known, in a form that compares: user and device together, else the address. Empty where
 * nothing is known.
 */
export function actorKey({ user, deviceId, sourceIp }: Pick<AccessSighting, 'user' | 'deviceId' | 'sourceIp'>): string {
  if (user || deviceId) return JSON.stringify([user, deviceId]);
  return sourceIp && JSON.stringify(['', '', sourceIp]);
}

/** Whether an attempt to use an unsanctioned app was blocked. */
export function isBlockedAttempt(sighting: Sighting): sighting is AccessSighting {
  return sighting.type === 'access' && sighting.outcome === AccessOutcome.BLOCKED && sighting.tag === Tag.UNSANCTIONED;
}
