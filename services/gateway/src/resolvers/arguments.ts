/** What an optional argument can be: left out and null mean the same unless its description says otherwise. */
export type Maybe<T> = T | null | undefined;

export interface Sort<Field> {
  field: Field;
  direction: 'ASCENDING' | 'DESCENDING';
}

type Present<T> = { [K in keyof T]: Exclude<T[K], null> };

/** The fields of an input that were given, as contracts take them: without null. */
export function present<T extends object>(input: Maybe<T>): Present<T> {
  return Object.fromEntries(Object.entries(input ?? {}).filter(([, value]) => value !== null)) as Present<T>;
}
