import { Classification, Determination, IncidentStatus } from '#contracts';
import { gapMs, type Span } from './alert-draft.js';
import { classificationLabel, determinationLabel } from './labels.js';
import { linkWords, nearest, type Neighbour } from './neighbour.js';

/** What correlation needs to know of an incident. */
export interface IncidentFacts {
  readonly incidentId: string;
  readonly title: string;
  readonly status: IncidentStatus;
  readonly assignee: string;
  readonly classification: Classification;
  readonly determination: Determination;
  readonly createdAt: Date;
  readonly lastAt: Date;
  readonly alertCount: number;
}

/** Where an alert belongs. */
export interface Placement {
  /** The incident it belongs to; undefined = a new one. */
  readonly incidentId: string | undefined;
  /** Why, in words. */
  readonly reason: string;
  /** Open incidents that turn out to be the same story: their alerts move to `incidentId`. */
  readonly merged: readonly IncidentFacts[];
}

export interface Linking {
  readonly windowMs: number;
  /** An incident holds at most so many alerts. */
  readonly maxAlerts: number;
}

/**
 * Finds the incident of an alert among those that hold its neighbours: alerts that share a user, device or app with it,
 * near in time. It joins an open one; where it links several they become one, the oldest. Incidents that are closed,
 * full, or that analysts have assigned or classified differently, stay apart: then it joins the most recent, and the
 * reason says what kept them from being merged.
 *
 * @param home the incident that holds the alert already, where it has happened again
 */
export function correlate(
  span: Span,
  neighbours: readonly Neighbour[],
  incidents: ReadonlyMap<string, IncidentFacts>,
  { windowMs, maxAlerts }: Linking,
  home?: IncidentFacts,
): Placement {
  const near = neighbours.filter((neighbour) => gapMs(span, neighbour) <= windowMs);
  const related = [...new Set(near.map(({ incidentId }) => incidentId))]
    .map((id) => incidents.get(id))
    .filter(
      (incident): incident is IncidentFacts => incident !== undefined && incident.incidentId !== home?.incidentId,
    );
  const open = related.filter(isOpen).sort(mostRecentFirst);
  const joined = home ?? open.find(({ alertCount }) => alertCount < maxAlerts);
  if (!joined) return { incidentId: undefined, reason: openingWords(related, span, near, maxAlerts), merged: [] };

  const group = [joined];
  const apart: string[] = [];
  let alerts = joined.alertCount + (home ? 0 : 1);
  for (const incident of open) {
    if (incident === joined) continue;
    const obstacle = obstacleTo(group, incident) ?? sizeObstacle(alerts + incident.alertCount, maxAlerts);
    if (obstacle) {
      apart.push(`Not merged with “${incident.title}”: ${obstacle}.`);
      continue;
    }
    group.push(incident);
    alerts += incident.alertCount;
  }
  const survivor = group.reduce((a, b) => (isOlder(b, a) ? b : a));
  const ids = new Set(group.map(({ incidentId }) => incidentId));
  const link = nearest(
    near.filter(({ incidentId }) => ids.has(incidentId)),
    span,
  );
  return {
    incidentId: survivor.incidentId,
    reason: [link.length > 0 ? linkWords(link, span) : '', ...apart].filter(Boolean).join(' '),
    merged: group.filter((incident) => incident !== survivor),
  };
}

/** Whether alerts can still join an incident. */
export function isOpen({ status }: Pick<IncidentFacts, 'status'>): boolean {
  return status === IncidentStatus.ACTIVE || status === IncidentStatus.IN_PROGRESS;
}

/** What analysts said about the first of these that has it said; for the incident that remains of them. */
export function inherited<T extends Pick<IncidentFacts, 'status' | 'assignee' | 'classification' | 'determination'>>(
  survivor: T,
  merged: readonly Pick<IncidentFacts, 'status' | 'assignee' | 'classification' | 'determination'>[],
): T {
  const all = [survivor, ...merged];
  return {
    ...survivor,
    status: all.some(({ status }) => status === IncidentStatus.IN_PROGRESS)
      ? IncidentStatus.IN_PROGRESS
      : survivor.status,
    assignee: all.find(({ assignee }) => assignee)?.assignee ?? '',
    classification: all.find(({ classification }) => classification)?.classification ?? Classification.UNSPECIFIED,
    determination: all.find(({ determination }) => determination)?.determination ?? Determination.UNSPECIFIED,
  };
}

/** Two incidents stay apart only where analysts said different things about them; one that says nothing goes along. */
function obstacleTo(group: readonly IncidentFacts[], other: IncidentFacts): string | undefined {
  for (const one of group) {
    if (one.assignee && other.assignee && one.assignee !== other.assignee) {
      return `they are assigned to ${one.assignee} and ${other.assignee}`;
    }
    if (one.classification && other.classification && one.classification !== other.classification) {
      return `they are classified ${classificationLabel(one.classification)} and ${classificationLabel(other.classification)}`;
    }
    if (one.determination && other.determination && one.determination !== other.determination) {
      return `they are determined ${determinationLabel(one.determination)} and ${determinationLabel(other.determination)}`;
    }
  }
  return undefined;
}

function sizeObstacle(alerts: number, maxAlerts: number): string | undefined {
  return alerts > maxAlerts ? `together they would hold more than ${maxAlerts} alerts` : undefined;
}

function openingWords(
  related: readonly IncidentFacts[],
  span: Span,
  near: readonly Neighbour[],
  maxAlerts: number,
): string {
  const best = [...related].sort(mostRecentFirst)[0];
  if (!best) return 'Nothing related was seen near it in time.';
  const link = nearest(
    near.filter(({ incidentId }) => incidentId === best.incidentId),
    span,
  );
  const why = isOpen(best) ? `holds ${maxAlerts} alerts already` : 'was resolved before';
  return `Related to incident “${best.title}”, which ${why}: ${lowered(linkWords(link, span))}`;
}

function mostRecentFirst(a: IncidentFacts, b: IncidentFacts): number {
  return b.lastAt.getTime() - a.lastAt.getTime() || (isOlder(a, b) ? -1 : 1);
}

function isOlder(a: IncidentFacts, b: IncidentFacts): boolean {
  const difference = a.createdAt.getTime() - b.createdAt.getTime();
  return difference < 0 || (difference === 0 && a.incidentId < b.incidentId);
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
