import type { Observation } from '../events/observation.js';
import type { TimeBounds } from '../events/time.js';

/** What a line says: a transaction, nothing that counts (and why), or something that cannot be read (and where). */
export type LineResult =
  | { readonly event: Observation }
  | { readonly skip: string }
  | { readonly error: string; readonly field: string }
  /** A header, comment or blank line: no record at all. */
  | undefined;

/** Reads the lines of one file in order; may keep what a header said. Never throws. */
export interface LineParser {
  line(text: string, lineNumber: number): LineResult;
}

/** One kind of log file. Reasons are constant texts: they are counted by their text. */
export interface LogFormat {
  /** Stable; what a client asks for. */
  readonly id: string;
  /** For a person. */
  readonly title: string;
  /** How surely a file that begins with these lines is of this format: 0 (not) to 1 (certain). Never throws. */
  detect(lines: readonly string[]): number;
  parser(bounds: TimeBounds): LineParser;
}

/** The share of lines for which `test` holds, for formats that have no header. */
export function shareOf(lines: readonly string[], test: (line: string) => boolean): number {
  const records = lines.filter((line) => line.trim() !== '');
  return records.length === 0 ? 0 : records.filter(test).length / records.length;
}

/** A line's JSON object; undefined where it is none. */
export function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
