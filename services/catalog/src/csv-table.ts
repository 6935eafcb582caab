import { parse, type CsvError } from 'csv-parse/sync';
import { invalidField } from './catalog.errors.js';
import type { TableLine, TableProblem } from './domain/app-table.js';

const MAX_BYTES = 1_000_000;
const MAX_APPS = 2_000;

/** Lines of a table, and those that are not closed. */
export interface CsvTable {
  readonly lines: readonly TableLine[];
  readonly problems: readonly TableProblem[];
}

/**
 * Reads CSV (RFC 4180). Cells may also be separated by semicolons or tabs, where the first line has no comma. Quotes
 * inside an unquoted cell are taken as they are; a quote that is never closed takes the rest of the text with it, which
 * is reported where its line begins.
 *
 * @throws DomainError `catalog.csv-invalid` for a text that is too long or has too many lines
 */
export function readCsv(csv: string): CsvTable {
  if (Buffer.byteLength(csv) > MAX_BYTES) throw invalidField('csv', 'csv', `A table has at most ${MAX_BYTES} bytes.`);
  // The parser counts a line feed behind a carriage return as a line of its own.
  const text = csv.replace(/\r\n?/g, '\n');
  const lines: TableLine[] = [];
  const problems: TableProblem[] = [];
  let end = 0;
  parse(text, {
    bom: true,
    delimiter: delimiterOf(text),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_record: (cells: string[], { lines: last }) => {
      const line = last - cells.join('').split('\n').length + 1;
      end = last;
      lines.push({ line, cells });
      if (lines.length > MAX_APPS + 1)
        throw invalidField('csv', 'csv', `A table has at most ${MAX_APPS} lines below its first.`);
      return null;
    },
    on_skip: (error) => {
      problems.push({ line: end + 1, column: '', reason: reasonOf(error) });
      return undefined;
    },
  });
  return { lines, problems };
}

function delimiterOf(text: string): string {
  const [first = ''] = text.split('\n', 1);
  if (first.includes(',')) return ',';
  return [';', '\t'].find((separator) => first.includes(separator)) ?? ',';
}

function reasonOf(error: CsvError | undefined): string {
  return error?.code === 'CSV_QUOTE_NOT_CLOSED'
    ? 'a quote is opened here or below and never closed; nothing that follows it was read'
    : 'cannot be read as CSV';
}
