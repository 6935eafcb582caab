import { AlertKind, EntityKind } from '#contracts';
import { MAX_ALERT_ENTITIES } from '../alert-draft.js';
import { busiestWindow, reached } from '../attempt.js';
import { unitedEntities } from '../entity.js';
import { actorKey, isBlockedAttempt } from '../sighting.js';
import { accessEntities, actorWords, type Detection } from './detection.js';

/** How many apps a description names. */
const NAMED = 5;

/** The same user or device keeps trying after being blocked, be it one app or several. */
export const repeatedAttempts: Detection = {
  kind: AlertKind.REPEATED_ATTEMPTS,
  detect: (sighting, surroundings) => {
    if (!isBlockedAttempt(sighting)) return [];
    const actor = actorKey(sighting);
    if (!actor) return [];
    const { attemptsBefore, repetition } = surroundings;
    const window = busiestWindow(sighting, attemptsBefore, repetition.windowMs);
    if (window.within < repetition.threshold) return [];
    // The attempts that led here are counted once, by the draft that reaches the threshold.
    const again = reached(attemptsBefore, repetition.windowMs, repetition.threshold);
    const words = actorWords(sighting, surroundings);
    const apps = window.appIds.map((appId) => surroundings.appName(appId));
    const tried = window.appIds.map((id) => ({ kind: EntityKind.APP, id, name: surroundings.appName(id) }));
    return [
      {
        key: JSON.stringify(['repeated-attempts', actor]),
        kind: AlertKind.REPEATED_ATTEMPTS,
        severity: surroundings.severities.repeatedAttempts,
        title: `Repeated attempts to use blocked apps by ${words}`,
        description: `${words} was blocked ${window.within} times within ${minutes(repetition.windowMs)}, using ${listed(apps)}.`,
        entities: unitedEntities(accessEntities(sighting, surroundings), tried, MAX_ALERT_ENTITIES),
        actor,
        firstAt: again ? sighting.firstAt : window.firstAt,
        lastAt: sighting.lastAt > window.lastAt ? sighting.lastAt : window.lastAt,
        occurrences: again ? sighting.count : window.total,
        policyId: '',
      },
    ];
  },
};

function minutes(ms: number): string {
  const count = Math.round(ms / 60_000);
  return count === 1 ? 'one minute' : `${count} minutes`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMED);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
