import { AccessOutcome, Tag, UsageAction, UsageEventKind } from '#contracts';
import type { Observation } from './events/observation.js';

/** A tenant's decision about an app, as far as accesses are concerned. */
export interface AppTagState {
  readonly tag: Tag;
  readonly setAtMicros: number;
}

/** Accesses of one app by one user, device and address that ended the same way. */
export interface Access {
  readonly tenantId: string;
  readonly appId: string;
  readonly user: string;
  readonly deviceId: string;
  readonly sourceIp: string;
  readonly outcome: AccessOutcome;
  readonly tag: Tag;
  readonly host: string;
  count: number;
  firstMicros: number;
  lastMicros: number;
}

const OUTCOMES: Readonly<Record<UsageAction, AccessOutcome>> = {
  [UsageAction.UNSPECIFIED]: AccessOutcome.ALLOWED,
  [UsageAction.ALLOWED]: AccessOutcome.ALLOWED,
  [UsageAction.BLOCKED]: AccessOutcome.BLOCKED,
  [UsageAction.WARNED]: AccessOutcome.WARNED,
  [UsageAction.BYPASSED]: AccessOutcome.BYPASSED,
};

/**
 * Adds up accesses of apps that are tagged unsanctioned or monitored. What happened before the tag was set does not
 * count, but for what a device blocked of an unsanctioned app. A look-up that was not blocked is not yet an access: the
 * connection after it is.
 */
export class AccessFold {
  private readonly accesses = new Map<string, Access>();

  add(tenantId: string, deviceId: string, appId: string, event: Observation, state: AppTagState): void {
    const { tag } = state;
    if (tag !== Tag.UNSANCTIONED && tag !== Tag.MONITORED) return;
    const outcome = OUTCOMES[event.action] ?? AccessOutcome.ALLOWED;
    const blocked = outcome === AccessOutcome.BLOCKED;
    if (event.kind === UsageEventKind.DNS && outcome === AccessOutcome.ALLOWED) return;
    if (event.timeMicros < state.setAtMicros && !(blocked && tag === Tag.UNSANCTIONED)) return;
    const key = JSON.stringify([tenantId, appId, deviceId, event.user, event.sourceIp, outcome]);
    const access = this.accesses.get(key);
    if (access) {
      access.count += 1;
      access.firstMicros = Math.min(access.firstMicros, event.timeMicros);
      access.lastMicros = Math.max(access.lastMicros, event.timeMicros);
      return;
    }
    this.accesses.set(key, {
      tenantId,
      appId,
      user: event.user,
      deviceId,
      sourceIp: event.sourceIp,
      outcome,
      tag,
      host: event.host,
      count: 1,
      firstMicros: event.timeMicros,
      lastMicros: event.timeMicros,
    });
  }

  /** In the order in which each was first met. */
  all(): Access[] {
    return [...this.accesses.values()];
  }
}
