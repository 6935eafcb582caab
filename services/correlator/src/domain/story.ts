import type { Span } from './alert-draft.js';

/** An alert of the incident, as the story tells it. */
export interface StoryAlert extends Span {
  readonly alertId: string;
  readonly title: string;
  readonly linkReason: string;
  readonly occurrences: bigint;
}

/** What a person, or correlation itself, did to the incident. */
export interface StoryNote {
  readonly noteId: string;
  readonly at: Date;
  readonly actor: string;
  readonly text: string;
}

export interface StoryStep {
  readonly at: Date;
  readonly text: string;
  readonly alertId: string;
  readonly linkReason: string;
  readonly actor: string;
}

/** What happened, oldest first. Where two things happened at once, what was seen comes before what was done about it. */
export function tellStory(alerts: readonly StoryAlert[], notes: readonly StoryNote[]): StoryStep[] {
  const steps = [
    ...alerts.map((alert) => ({ rank: 0, id: alert.alertId, step: alertStep(alert) })),
    ...notes.map((note) => ({ rank: 1, id: note.noteId, step: noteStep(note) })),
  ];
  steps.sort(
    (a, b) => a.step.at.getTime() - b.step.at.getTime() || a.rank - b.rank || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
  return steps.map(({ step }) => step);
}

function alertStep({ alertId, title, linkReason, occurrences, firstAt, lastAt }: StoryAlert): StoryStep {
  const until = lastAt > firstAt ? `, last at ${lastAt.toISOString().slice(0, 19)}Z` : '';
  const again = occurrences > 1n ? ` (${occurrences} times${until})` : '';
  return { at: firstAt, text: title + again, alertId, linkReason, actor: '' };
}

function noteStep({ at, text, actor }: StoryNote): StoryStep {
  return { at, text, actor, alertId: '', linkReason: '' };
}
