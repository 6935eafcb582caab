import { textOf, type BadRow, type ImportedRow, type Importer, type ImportInput } from './importer.js';
import { fieldsOf } from './json-lines.js';
import { mappedRow } from './mapped.js';

/** Any list of JSON objects, one a line. Paths of the mapping are dotted: `site.url`. */
export const jsonl: Importer = {
  id: 'jsonl',
  name: 'JSON lines',
  url: '',
  licence: 'as its owner says: --licence',
  format: 'a JSON object a line; --map name=title,domain=site.url,fact.soc2=audits.soc2',
  many: true,
  *read({ text, mapping = {} }: ImportInput): Generator<ImportedRow | BadRow> {
    let line = 0;
    for (const raw of text.split('\n')) {
      line += 1;
      if (raw.trim() === '') continue;
      let row: unknown;
      try {
        row = JSON.parse(raw);
      } catch {
        yield { line, refused: 'is not JSON' };
        continue;
      }
      if (typeof row !== 'object' || row === null || Array.isArray(row)) yield { line, refused: 'is no JSON object' };
      else yield mappedRow(line, mapping, (path) => valueAt(row, path));
    }
  },
};

function valueAt(row: unknown, path: string): string | undefined {
  let value: unknown = row;
  for (const name of path.split('.')) {
    const fields = fieldsOf(value);
    if (!Object.hasOwn(fields, name)) return undefined;
    value = fields[name];
  }
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'boolean' ? String(value) : textOf(value);
}
