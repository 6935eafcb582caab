import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../../../../libs/testkit/src/project-root.js';
import { checkRows, type CheckedRows, type RowDefaults } from '../../import-rows.js';
import type { Importer } from '../importer.js';

/** What an importer and the check after it make of a sample. */
export function readSample(
  importer: Importer,
  file: string,
  options: RowDefaults & { readonly mapping?: Readonly<Record<string, string>>; readonly name?: string } = {},
): CheckedRows {
  const path = join(projectRoot(), 'scripts', 'catalog', 'importers', 'samples', file);
  const sibling = (name: string): string | undefined => {
    const beside = join(dirname(path), name);
    return existsSync(beside) ? readFileSync(beside, 'utf8') : undefined;
  };
  const { mapping, name } = options;
  const text = readFileSync(path, 'utf8');
  return checkRows(importer.read({ text, fileName: basename(path), sibling, mapping, name }), options);
}
