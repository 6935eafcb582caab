import type { DraftProblem } from './custom-app.js';
import { isPlainText } from './text.js';

/** What a tenant says about a label. */
export interface LabelDraft {
  readonly name: string;
  /** `#rrggbb`, or empty. */
  readonly colour: string;
  readonly description: string;
}

const MAX_NAME = 60;
const MAX_DESCRIPTION = 500;

/** The label as it is kept: trimmed, its colour in lower case; or the first problem. */
export function readLabel(draft: LabelDraft): { label: LabelDraft } | { problem: DraftProblem } {
  const say = (subject: string, field: string, message: string) => ({ problem: { subject, field, message } });
  const label = {
    name: draft.name.trim(),
    colour: draft.colour.trim().toLowerCase(),
    description: draft.description.trim(),
  };
  if (label.name === '' || label.name.length > MAX_NAME || !isPlainText(label.name) || /[\t\n\r]/.test(label.name))
    return say('label-name', 'name', `The name of a label has 1 to ${MAX_NAME} characters on one line.`);
  if (label.colour !== '' && !/^#[0-9a-f]{6}$/.test(label.colour))
    return say('colour', 'colour', 'A colour is written #rrggbb, for example #1f77b4.');
  if (label.description.length > MAX_DESCRIPTION || !isPlainText(label.description))
    return say('description', 'description', `A description has at most ${MAX_DESCRIPTION} characters of text.`);
  return { label };
}
