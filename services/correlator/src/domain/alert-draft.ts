import type { AlertKind, Severity } from '#contracts';
import { unitedEntities, type Involved } from './entity.js';

/** How many entities one alert names at most. */
export const MAX_ALERT_ENTITIES = 50;

/** What a detection found. Becomes an alert, or another occurrence of one that has the same key. */
export interface AlertDraft {
  /** The same for what is the same thing happening again. */
  readonly key: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly title: string;
  readonly description: string;
  readonly entities: readonly Involved[];
  /** Who did it, as `actorKey` has it; empty where nobody did. */
  readonly actor: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly occurrences: bigint;
  /** Empty where no policy is concerned. */
  readonly policyId: string;
}

/** A stretch of time; both ends belong to it. */
export interface Span {
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** Milliseconds between two stretches; 0 where they touch or overlap. */
export function gapMs(a: Span, b: Span): number {
  return Math.max(0, a.firstAt.getTime() - b.lastAt.getTime(), b.firstAt.getTime() - a.lastAt.getTime());
}

/**
 * Adds up drafts that are the same thing happening again within `windowMs`, whichever came first. Drafts stay in the
 * order in which their keys were first seen.
 */
export function foldDrafts(drafts: readonly AlertDraft[], windowMs: number): AlertDraft[] {
  const folded: AlertDraft[] = [];
  const byKey = new Map<string, number[]>();
  for (const draft of drafts) {
    const places = byKey.get(draft.key) ?? [];
    byKey.set(draft.key, places);
    const place = places.find((index) => gapMs(folded[index]!, draft) <= windowMs);
    if (place === undefined) places.push(folded.push(draft) - 1);
    else folded[place] = together(folded[place]!, draft);
  }
  return folded;
}

function together(a: AlertDraft, b: AlertDraft): AlertDraft {
  return {
    ...a,
    severity: Math.max(a.severity, b.severity),
    entities: unitedEntities(a.entities, b.entities, MAX_ALERT_ENTITIES),
    firstAt: earlier(a.firstAt, b.firstAt),
    lastAt: later(a.lastAt, b.lastAt),
    occurrences: a.occurrences + b.occurrences,
  };
}

export function earlier(a: Date, b: Date): Date {
  return a <= b ? a : b;
}

export function later(a: Date, b: Date): Date {
  return a >= b ? a : b;
}
