import { AccessOutcome, AlertKind, Tag } from '#contracts';
import { actorKey } from '../sighting.js';
import { accessEntities, actorWords, hostWords, type Detection } from './detection.js';

/** An unsanctioned app was used and nothing blocked it, or somebody went past a warning that should be a block. */
export const unblockedUse: Detection = {
  kind: AlertKind.UNBLOCKED_USE,
  detect: (sighting, surroundings) => {
    if (sighting.type !== 'access' || sighting.tag !== Tag.UNSANCTIONED) return [];
    const { outcome } = sighting;
    if (outcome !== AccessOutcome.ALLOWED && outcome !== AccessOutcome.BYPASSED) return [];
    const app = surroundings.appName(sighting.appId);
    const actor = actorWords(sighting, surroundings);
    const how = outcome === AccessOutcome.BYPASSED ? 'went past the warning' : 'was not blocked';
    return [
      {
        key: JSON.stringify(['unblocked-use', sighting.appId, actorKey(sighting)]),
        kind: AlertKind.UNBLOCKED_USE,
        severity: surroundings.severities.unblockedUse,
        title: `Unsanctioned app ${app} used by ${actor}, not blocked`,
        description: `${actor} used the unsanctioned app ${app}${hostWords(sighting)} and ${how}.`,
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
