import { Classification, Determination, IncidentStatus } from '#contracts';
import { fits, fittingDeterminations } from './classification.js';
import { classificationLabel, determinationLabel, statusLabel } from './labels.js';
import { isPlainText } from './text.js';

export const MAX_TITLE = 300;
export const MAX_ASSIGNEE = 320;
export const MAX_COMMENT = 30_000;

/** What an analyst may change. */
export interface Editable {
  readonly status: IncidentStatus;
  readonly assignee: string;
  readonly classification: Classification;
  readonly determination: Determination;
  readonly title: string;
  /** Whether an analyst set the title: then it is not made up again from what the incident is about. */
  readonly titleByHand: boolean;
}

/** The fields that are set are to change. */
export type Requested = Partial<Omit<Editable, 'titleByHand'>>;

export interface UpdateProblem {
  readonly field: keyof Requested;
  readonly message: string;
}

/** The incident after the change and what changed, in words, or what is wrong with the request. */
export function applyUpdate(
  before: Editable,
  requested: Requested,
): { problem: UpdateProblem } | { after: Editable; notes: string[] } {
  const problem = problemOf(requested);
  if (problem) return { problem };
  const title = requested.title?.trim();
  const classification = requested.classification ?? before.classification;
  const determination = requested.determination ?? before.determination;
  const fitting = fits(classification, determination);
  if (!fitting && requested.determination !== undefined) {
    return { problem: { field: 'determination', message: unfitting(classification, determination) } };
  }
  const after: Editable = {
    status: requested.status ?? before.status,
    assignee: requested.assignee?.trim() ?? before.assignee,
    classification,
    // A new classification makes void what was determined under the old one.
    determination: fitting ? determination : Determination.UNSPECIFIED,
    title: title ?? before.title,
    titleByHand: before.titleByHand || title !== undefined,
  };
  return { after, notes: notesOf(before, after) };
}

function problemOf({ status, assignee, classification, determination, title }: Requested): UpdateProblem | undefined {
  if (status !== undefined && !SETTABLE.includes(status)) {
    return { field: 'status', message: 'The status can be set to active, in progress or resolved.' };
  }
  if (assignee !== undefined && (assignee.length > MAX_ASSIGNEE || !isPlainText(assignee))) {
    return { field: 'assignee', message: `The assignee may have at most ${MAX_ASSIGNEE} characters of text.` };
  }
  if (classification !== undefined && !(classification in Classification)) {
    return { field: 'classification', message: 'That is not a known classification.' };
  }
  if (determination !== undefined && !(determination in Determination)) {
    return { field: 'determination', message: 'That is not a known determination.' };
  }
  if (title !== undefined && (!title.trim() || title.trim().length > MAX_TITLE || !isPlainText(title))) {
    return { field: 'title', message: `The title must have 1 to ${MAX_TITLE} characters of text.` };
  }
  return undefined;
}

const SETTABLE = [IncidentStatus.ACTIVE, IncidentStatus.IN_PROGRESS, IncidentStatus.RESOLVED];

function unfitting(classification: Classification, determination: Determination): string {
  if (classification === Classification.UNSPECIFIED) return 'A determination needs a classification.';
  const allowed = fittingDeterminations(classification).map(determinationLabel).join(', ');
  return `“${determinationLabel(determination)}” does not go with “${classificationLabel(classification)}”: ${allowed} do.`;
}

function notesOf(before: Editable, after: Editable): string[] {
  const notes: string[] = [];
  if (after.status !== before.status) {
    notes.push(`Status changed from ${statusLabel(before.status)} to ${statusLabel(after.status)}.`);
  }
  if (after.assignee !== before.assignee) {
    notes.push(after.assignee ? `Assigned to ${after.assignee}.` : `No longer assigned to ${before.assignee}.`);
  }
  if (after.classification !== before.classification) {
    notes.push(`Classified as ${classificationLabel(after.classification)}.`);
  }
  if (after.determination !== before.determination) {
    notes.push(`Determined as ${determinationLabel(after.determination)}.`);
  }
  if (after.title !== before.title) notes.push(`Title changed from “${before.title}” to “${after.title}”.`);
  return notes;
}
