/** Factor id → value with the key of a source of the header, or value with URL and date. */
export type RawFacts = Map<string, [value: string, source: string] | [value: string, url: string, observedOn: string]>;
