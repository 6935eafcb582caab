/** An app as a list names it, before anything is checked. */
export interface ImportedRow {
  /** Where it stands in the file, from 1. */
  readonly line: number;
  readonly name: string;
  /** Hosts or URLs by which its traffic is known; every one is claimed for it. */
  readonly domains: readonly string[];
  /** Hosts that only say which app of the catalog is meant; none is claimed. */
  readonly about?: readonly string[] | undefined;
  /** A name of `AppCategory`. An app that the catalog does not have yet needs one. */
  readonly category?: string | undefined;
  /** A name of `AiKind`. */
  readonly aiKind?: string | undefined;
  readonly vendor?: string | undefined;
  /** Factor id → value. */
  readonly facts?: Readonly<Record<string, string | undefined>> | undefined;
}

/** A line that is no row, and why. */
export interface BadRow {
  readonly line: number;
  readonly refused: string;
}

/** What an importer reads. */
export interface ImportInput {
  readonly text: string;
  /** Without its folder. */
  readonly fileName: string;
  /** The text of another file of the same folder, for lists that include others; undefined where there is none. */
  sibling(name: string): string | undefined;
  /** What the rows of the file are called, where the file does not say. */
  readonly name?: string | undefined;
  /** For the generic formats: field of a row (`name`, `domain`, `fact.soc2` …) → column or dotted path. */
  readonly mapping?: Readonly<Record<string, string>> | undefined;
}

/** A public list, or a format. To add one, add a file that makes one of these and a line to `index.ts`. */
export interface Importer {
  /** What one types; lower case with dashes. */
  readonly id: string;
  /** Who says so. */
  readonly name: string;
  /** The page of the list, which becomes the source of every value. */
  readonly url: string;
  readonly licence: string;
  /** Which file of the list to give, for a person. */
  readonly format: string;
  /** Whether the list comes in many files, each of which is kept as an import of its own. */
  readonly many?: boolean;
  /** @throws Error where the file as a whole is not of the format */
  read(input: ImportInput): Iterable<ImportedRow | BadRow>;
}

/** The host of a URL or of a bare host, without `www.`; undefined where there is none. */
export function hostOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const trimmed = text.trim();
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (!URL.canParse(url)) return undefined;
  const host = new URL(url).hostname.replace(/^www\./, '');
  return host === '' ? undefined : host;
}

/** The text of a field that may hold anything. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}
