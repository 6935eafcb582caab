import { Classification, Determination } from '#contracts';

/** Which determinations a classification allows, as Microsoft documents them for Defender XDR incidents. */
const FITTING = new Map<Classification, readonly Determination[]>([
  [
    Classification.TRUE_POSITIVE,
    [
      Determination.UNWANTED_SOFTWARE,
      Determination.COMPROMISED_ACCOUNT,
      Determination.MALICIOUS_USER_ACTIVITY,
      Determination.OTHER,
    ],
  ],
  [
    Classification.INFORMATIONAL_EXPECTED_ACTIVITY,
    [
      Determination.SECURITY_TESTING,
      Determination.LINE_OF_BUSINESS_APPLICATION,
      Determination.CONFIRMED_ACTIVITY,
      Determination.OTHER,
    ],
  ],
  [
    Classification.FALSE_POSITIVE,
    [Determination.NOT_MALICIOUS, Determination.NOT_ENOUGH_DATA_TO_VALIDATE, Determination.OTHER],
  ],
]);

/** Whether a determination can stand beside a classification. No determination always can. */
export function fits(classification: Classification, determination: Determination): boolean {
  if (determination === Determination.UNSPECIFIED) return true;
  return FITTING.get(classification)?.includes(determination) ?? false;
}

/** The determinations a classification allows. */
export function fittingDeterminations(classification: Classification): readonly Determination[] {
  return FITTING.get(classification) ?? [];
}
