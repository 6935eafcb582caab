import { Classification, Determination, IncidentStatus } from '#contracts';

/** A status as an analyst reads it, for example `in progress`. */
export function statusLabel(status: IncidentStatus): string {
  return words(IncidentStatus[status] ?? String(status));
}

/** For example `true positive`; `not set` for none. */
export function classificationLabel(classification: Classification): string {
  if (classification === Classification.INFORMATIONAL_EXPECTED_ACTIVITY) return 'informational, expected activity';
  return classification === Classification.UNSPECIFIED ? 'not set' : words(Classification[classification] ?? '');
}

/** For example `unwanted software`; `not set` for none. */
export function determinationLabel(determination: Determination): string {
  return determination === Determination.UNSPECIFIED ? 'not set' : words(Determination[determination] ?? '');
}

function words(constant: string): string {
  return constant.toLowerCase().replaceAll('_', ' ');
}
