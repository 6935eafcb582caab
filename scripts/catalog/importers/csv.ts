import type { BadRow, ImportedRow, Importer, ImportInput } from './importer.js';
import { mappedRow } from './mapped.js';

interface Record {
  readonly line: number;
  readonly cells: readonly string[];
  /** A quote that is opened and never closed. */
  readonly broken: boolean;
}

/** Any table with a header line (RFC 4180; `;` and tabs separate as well). */
export const csv: Importer = {
  id: 'csv',
  name: 'CSV',
  url: '',
  licence: 'as its owner says: --licence',
  format: 'a table with a header line; --map name=Product,domain=Website,fact.soc2=SOC2',
  many: true,
  *read({ text, mapping = {} }: ImportInput): Generator<ImportedRow | BadRow> {
    const body = text.startsWith('\ufeff') ? text.slice(1) : text;
    const [header, ...rows] = recordsOf(body, separatorOf(body));
    if (!header) throw new Error('the file is empty');
    const columns = new Map(header.cells.map((name, at) => [name.trim(), at]));
    for (const [field, column] of Object.entries(mapping)) {
      if (!columns.has(column))
        throw new Error(`there is no column "${column}", which the mapping takes ${field} from`);
    }
    for (const { line, cells, broken } of rows) {
      if (broken) yield { line, refused: 'a quote is not closed' };
      else if (cells.length > columns.size) yield { line, refused: `has ${cells.length} cells, more than the header` };
      else {
        yield mappedRow(line, mapping, (column) => {
          const at = columns.get(column);
          return at === undefined ? undefined : cells[at];
        });
      }
    }
  },
};

function separatorOf(text: string): string {
  const [first = ''] = text.split('\n', 1);
  const count = (char: string) => first.split(char).length;
  return [',', ';', '\t'].reduce((best, char) => (count(char) > count(best) ? char : best));
}

function* recordsOf(text: string, separator: string): Generator<Record> {
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const began = line;
    const cells: string[] = [];
    let broken = false;
    for (let more = true; more;) {
      let cell = '';
      if (text[at] === '"') {
        at += 1;
        for (;;) {
          const end = text.indexOf('"', at);
          const part = text.slice(at, end < 0 ? text.length : end);
          line += part.split('\n').length - 1;
          cell += part;
          at = end < 0 ? text.length : end + 1;
          broken ||= end < 0;
          if (text[at] !== '"' || end < 0) break;
          cell += '"';
          at += 1;
        }
      }
      let end = at;
      while (end < text.length && text[end] !== separator && text[end] !== '\n') end += 1;
      cell += text.slice(at, end).replace(/\r$/, '');
      cells.push(cell);
      more = text[end] === separator;
      at = end + 1;
    }
    line += 1;
    if (cells.length > 1 || cells[0] !== '') yield { line: began, cells, broken };
  }
}
