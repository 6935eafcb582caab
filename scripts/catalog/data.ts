import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCatalogFile, type CatalogFile } from '../../services/catalog/src/domain/catalog-file.js';

/** The catalog's data in the repository, seen from where npm runs. */
export const dataFolder = join('services', 'catalog', 'data');

/** Reads the compiled file; throws where a line of it is wrong. */
export function readCatalog(folder: string): CatalogFile {
  const file = parseCatalogFile(readFileSync(join(folder, 'apps.jsonl'), 'utf8'));
  if (file.problems.length > 0) throw new Error(file.problems.map((problem) => problem.message).join('\n'));
  return file;
}
