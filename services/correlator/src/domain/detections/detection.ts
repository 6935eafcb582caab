import { EntityKind, type AlertKind, type Severity } from '#contracts';
import type { AlertDraft } from '../alert-draft.js';
import type { Attempt } from '../attempt.js';
import type { Involved } from '../entity.js';
import type { AccessSighting, Sighting } from '../sighting.js';

/** What a detection may know besides what it looks at. */
export interface Surroundings {
  /** What to call an app or device; its id where no name is known. */
  readonly appName: (appId: string) => string;
  readonly deviceName: (deviceId: string) => string;
  /** Blocked attempts of the same actor that were told before this one, near it in time. */
  readonly attemptsBefore: readonly Attempt[];
  readonly severities: {
    readonly blockedAttempt: Severity;
    readonly unblockedUse: Severity;
    readonly repeatedAttempts: Severity;
  };
  /** How many blocked attempts within which time are a repetition. */
  readonly repetition: { readonly threshold: number; readonly windowMs: number };
}

/** One kind of alert: what it looks for, in what happens one after the other. */
export interface Detection {
  readonly kind: AlertKind;
  readonly detect: (sighting: Sighting, surroundings: Surroundings) => AlertDraft[];
}

/** For example `alice@example.com on laptop-07`. */
export function actorWords(access: AccessSighting, { deviceName }: Surroundings): string {
  const { user, deviceId, sourceIp } = access;
  if (user && deviceId) return `${user} on ${deviceName(deviceId)}`;
  if (user) return user;
  if (deviceId) return deviceName(deviceId);
  return sourceIp || 'somebody unknown';
}

/** The app and everything that is known of who used it. */
export function accessEntities(access: AccessSighting, surroundings: Surroundings): Involved[] {
  const { appId, user, deviceId, sourceIp } = access;
  const entities: Involved[] = [{ kind: EntityKind.APP, id: appId, name: surroundings.appName(appId) }];
  if (user) entities.push({ kind: EntityKind.USER, id: user, name: user });
  if (deviceId) entities.push({ kind: EntityKind.DEVICE, id: deviceId, name: surroundings.deviceName(deviceId) });
  if (sourceIp) entities.push({ kind: EntityKind.IP_ADDRESS, id: sourceIp, name: sourceIp });
  return entities;
}

/** For example ` (chat.deepseek.com)`; nothing where no host is known. */
export function hostWords({ host }: AccessSighting): string {
  return host ? ` (${host})` : '';
}
