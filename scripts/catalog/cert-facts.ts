const CERTIFICATES: readonly (readonly [pattern: RegExp, factor: string, value: string])[] = [
  [/\bSOC ?1\b/i, 'soc1', 'true'],
  [/\bSOC ?2\b/i, 'soc2', 'true'],
  [/\bSOC ?3\b/i, 'soc3', 'true'],
  [/27001/, 'iso27001', 'true'],
  [/27017/, 'iso27017', 'true'],
  [/27018/, 'iso27018', 'true'],
  [/27701/, 'iso27701', 'true'],
  [/22301/, 'iso22301', 'true'],
  [/42001/, 'iso42001', 'true'],
  [/\bPCI/i, 'pci-dss', 'true'],
  [/\bHIPAA/i, 'hipaa', 'true'],
  [/\bHITRUST/i, 'hitrust', 'true'],
  [/STAR\b.*(level 2|gold)/i, 'csa-star', 'certified'],
  [/STAR\b.*level 1|CAIQ/i, 'csa-star', 'self-assessed'],
  [/\bC?.?STAR\b/, 'csa-star', 'listed'],
  [/\bFedRAMP moderate/i, 'fedramp', 'moderate'],
  [/\bFedRAMP/i, 'fedramp', 'authorized'],
  [/\bFISMA\b/, 'fisma', 'true'],
  [/800-171/, 'nist-800-171', 'true'],
  [/\bC5\b/, 'bsi-c5', 'true'],
  [/\bTISAX/, 'tisax', 'true'],
  [/\bCyber Essentials/, 'cyber-essentials', 'true'],
  [/\bIRAP\b/i, 'irap', 'true'],
  [/\bFERPA\b/, 'ferpa', 'true'],
  [/\bDPF\b|Data Privacy Framework/, 'data-privacy-framework', 'true'],
  [/\bGDPR\b/, 'gdpr', 'true'],
  [/\bCCPA\b|\bCPRA\b/, 'ccpa', 'true'],
];
const NOT_YET = /in progress|implementation|Type 1\b|Type I\b/i;

/** The factors that a list of certificate names fills; what is still in progress does not count. */
export function certFacts(names: readonly string[]): [factor: string, value: string][] {
  return names
    .filter((name) => !NOT_YET.test(name))
    .flatMap((name) =>
      CERTIFICATES.filter(([pattern]) => pattern.test(name)).map(
        ([, factor, value]) => [factor, value] as [string, string],
      ),
    );
}
