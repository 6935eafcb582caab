import { AlertKind, EntityKind, Tag } from '#contracts';
import type { AlertDraft } from '../alert-draft.js';
import type { PolicyMatchSighting } from '../sighting.js';
import type { Detection } from './detection.js';

const ACTIONS = new Map([
  [Tag.UNSANCTIONED, ' The policy asks for it to be blocked.'],
  [Tag.MONITORED, ' The policy asks for users to be warned.'],
  [Tag.SANCTIONED, ' The policy approves it.'],
]);

/** An app newly matches a policy that alerts. */
export const policyMatch: Detection = {
  kind: AlertKind.POLICY_MATCH,
  detect: (sighting) => (sighting.type === 'policy-match' && sighting.alert ? [draftOf(sighting)] : []),
};

function draftOf(match: PolicyMatchSighting): AlertDraft {
  const { policyId, policyName, appId, appName, severity, at } = match;
  const because = match.matchedValues.length > 0 ? `: ${match.matchedValues.join('; ')}` : '';
  return {
    key: JSON.stringify(['policy-match', policyId, appId]),
    kind: AlertKind.POLICY_MATCH,
    severity,
    title: `${appName} matches policy “${policyName}”`,
    description: `${appName} began to match policy “${policyName}”${because}.${ACTIONS.get(match.action) ?? ''}`,
    entities: [
      { kind: EntityKind.APP, id: appId, name: appName },
      { kind: EntityKind.POLICY, id: policyId, name: policyName },
    ],
    actor: '',
    firstAt: at,
    lastAt: at,
    occurrences: 1n,
    policyId,
  };
}
