import { EntityKind } from '#contracts';
import { gapMs, type Span } from './alert-draft.js';
import { entityWords, type Involved } from './entity.js';

/** An alert of an incident that shares an entity with the one in question: the nearest in time that does. */
export interface Neighbour extends Span {
  readonly incidentId: string;
  readonly alertId: string;
  readonly alertTitle: string;
  readonly shared: Involved;
}

/** What is told first of several shared entities: who, then where, then what. */
const ORDER = [EntityKind.USER, EntityKind.DEVICE, EntityKind.IP_ADDRESS, EntityKind.APP];

/** The one alert that is linked most closely: by the most entities, then the nearest in time; all its links. */
export function nearest(neighbours: readonly Neighbour[], span: Span): Neighbour[] {
  const byAlert = new Map<string, Neighbour[]>();
  for (const neighbour of neighbours) {
    const links = byAlert.get(neighbour.alertId);
    if (links) links.push(neighbour);
    else byAlert.set(neighbour.alertId, [neighbour]);
  }
  const ranked = [...byAlert.values()].sort(
    (a, b) =>
      b.length - a.length || gapMs(span, a[0]!) - gapMs(span, b[0]!) || (a[0]!.alertId < b[0]!.alertId ? -1 : 1),
  );
  return ranked[0] ?? [];
}

/** For example `Same user alice@example.com as “Blocked attempt to use DeepSeek” 4 minutes earlier.` */
export function linkWords(links: readonly Neighbour[], span: Span): string {
  const [first] = links;
  if (!first) return '';
  const shared = [...links]
    .map((link) => link.shared)
    .sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
    .map(entityWords);
  const last = shared.pop()!;
  const all = shared.length > 0 ? `${shared.join(', ')} and ${last}` : last;
  return `Same ${all} as “${first.alertTitle}” ${timeWords(span, first)}.`;
}

function timeWords(span: Span, other: Span): string {
  const gap = gapMs(span, other);
  if (gap < 1_000) return 'at the same time';
  return `${duration(gap)} ${other.lastAt <= span.firstAt ? 'earlier' : 'later'}`;
}

function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return counted(seconds, 'second');
  if (seconds < 3_600) return counted(Math.floor(seconds / 60), 'minute');
  if (seconds < 48 * 3_600) return counted(Math.floor(seconds / 3_600), 'hour');
  return counted(Math.floor(seconds / 86_400), 'day');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
