import { AlertKind } from '#contracts';
import { actorKey, isBlockedAttempt } from '../sighting.js';
import { accessEntities, actorWords, hostWords, type Detection } from './detection.js';

/** A device blocked an attempt to use an unsanctioned app. */
export const blockedAttempt: Detection = {
  kind: AlertKind.BLOCKED_ATTEMPT,
  detect: (sighting, surroundings) => {
    if (!isBlockedAttempt(sighting)) return [];
    const app = surroundings.appName(sighting.appId);
    const actor = actorWords(sighting, surroundings);
    return [
      {
        key: JSON.stringify(['blocked-attempt', sighting.appId, actorKey(sighting)]),
        kind: AlertKind.BLOCKED_ATTEMPT,
        severity: surroundings.severities.blockedAttempt,
        title: `Blocked attempt to use ${app} by ${actor}`,
        description: `${actor} tried to use the unsanctioned app ${app}${hostWords(sighting)} and was blocked.`,
        entities: accessEntities(sighting, surroundings),
        actor: actorKey(sighting),
        firstAt: sighting.firstAt,
        lastAt: sighting.lastAt,
        occurrences: sighting.count,
        policyId: '',
      },
    ];
  },
};
