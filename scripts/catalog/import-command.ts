import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Command } from 'commander';
import { isDate } from '../../services/catalog/src/domain/factors/value.js';
import { dataFolder } from './data.js';
import { diffCounts, diffImport } from './import-diff.js';
import { reportDiff, table } from './import-report.js';
import { checkRows } from './import-rows.js';
import type { Importer } from './importers/importer.js';
import { importers } from './importers/index.js';
import { readMapping } from './importers/mapped.js';
import { importPath, writeImport, type ImportHeader } from './imports.js';
import { mergeCatalog } from './merge.js';
import { slug } from './slug.js';
import { writeWhole } from './update-files.js';

interface ImportOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly data: string;
  readonly date?: string;
  readonly map?: string;
  readonly name?: string;
  readonly category?: string;
  readonly aiKind?: string;
  readonly url?: string;
  readonly licence?: string;
}

/** The largest file that is read, in bytes. */
export const MAX_IMPORT_BYTES = 64 << 20;

/** Adds `sources`, `import` and `merge` to a command. */
export function addImportCommands(program: Command): void {
  program
    .command('sources')
    .description('list the public lists and formats that can be imported, with their licences')
    .option('--json', 'one JSON array')
    .action(({ json }: { json?: boolean }) => {
      const rows = importers.map(({ id, name, licence, format, url }) => ({ id, name, licence, format, url }));
      if (json) console.log(JSON.stringify(rows));
      else
        console.log(
          table(
            ['Source', 'List', 'Licence', 'File'],
            rows.map((row) => [row.id, row.name, row.licence, row.format]),
          ),
        );
    });
  program
    .command('import')
    .description('take a public list into the catalog data; compile then builds the catalog with it')
    .argument('<source>', 'which list: see `sources`')
    .argument('<file>', 'the file of the list')
    .option('--dry-run', 'only show what would change')
    .option('--json', 'one JSON object instead of tables')
    .option('--data <folder>', 'folder of the catalog data', dataFolder)
    .option('--date <day>', 'the day on which the list said so, YYYY-MM-DD (default: today)')
    .option(
      '--map <mapping>',
      'for csv and jsonl: FIELD=COLUMN, …; name, domain, category, aiKind, vendor, fact.FACTOR',
    )
    .option('--name <name>', 'what to call the app of a file that is one app')
    .option('--category <category>', 'what new apps are for, where the list does not say')
    .option('--ai-kind <kind>', 'what kind of generative AI they are')
    .option('--url <url>', 'for csv and jsonl: the https page the values come from')
    .option('--licence <licence>', 'for csv and jsonl: the licence of the list')
    .action((source: string, file: string, options: ImportOptions) => importList(source, file, options));
  program
    .command('merge')
    .description(
      'add imports and measurements to the compiled catalog, where there are no public facts to compile from',
    )
    .requiredOption('--out <file>', 'the catalog, as `pack` takes it')
    .option('--data <folder>', 'folder of the catalog data', dataFolder)
    .option('--set-version <version>', 'its version (default: that of the compiled catalog with .1 behind)')
    .action(({ out, data, setVersion }: { out: string; data: string; setVersion?: string }) => {
      const { text, warnings } = mergeCatalog(data, setVersion);
      for (const line of warnings) console.error(`warning: ${line}`);
      writeWhole(out, Buffer.from(text));
      console.log(`${out}: ${text.split('\n').length - 2} apps`);
    });
}

function importList(source: string, file: string, options: ImportOptions): void {
  const importer = importers.find(({ id }) => id === source);
  if (!importer)
    throw new Error(`There is no source "${source}"; there are ${importers.map(({ id }) => id).join(', ')}.`);
  const header = headerOf(importer, options);
  const key = importer.many ? `${importer.id}-${slug(basename(file).replace(/\.[a-z]+$/, '')) || 'list'}` : importer.id;
  const reads = importer.read({
    text: readBounded(file),
    fileName: basename(file),
    sibling: (name) => siblingOf(file, name),
    name: options.name,
    mapping: options.map === undefined ? undefined : readMapping(options.map),
  });
  const checked = checkRows(reads, { category: options.category, aiKind: options.aiKind });
  const diff = diffImport(header, checked, options.data);
  if (!options.dryRun) writeImport(options.data, key, { header, rows: checked.rows });
  const written = options.dryRun ? null : importPath(options.data, key);
  if (options.json) console.log(JSON.stringify({ ...diff, counts: diffCounts(diff), written }));
  else
    console.log(
      `${reportDiff(diff)}\n${written ? `Written to ${written}; compile takes it in.` : 'Nothing was written.'}`,
    );
}

function headerOf(importer: Importer, { date, url, licence }: ImportOptions): ImportHeader {
  const observedOn = date ?? new Date().toISOString().slice(0, 10);
  if (!isDate(observedOn)) throw new Error(`--date must be a day (YYYY-MM-DD), not "${observedOn}".`);
  const from = importer.url || (url ?? '');
  if (!from.startsWith('https://')) throw new Error(`${importer.id} needs --url: the https page the values come from.`);
  const allowed = importer.url === '' ? licence : importer.licence;
  if (!allowed) throw new Error(`${importer.id} needs --licence: the licence of the list.`);
  const name = importer.url === '' ? new URL(from).hostname : importer.name;
  return { format: 1, source: importer.id, name, url: from, licence: allowed, observedOn };
}

function readBounded(file: string): string {
  if (!existsSync(file)) throw new Error(`There is no file ${file}.`);
  const found = statSync(file);
  if (!found.isFile()) throw new Error(`${file} is no file.`);
  if (found.size > MAX_IMPORT_BYTES) throw new Error(`${file} is larger than ${MAX_IMPORT_BYTES >> 20} MB.`);
  return readFileSync(file, 'utf8');
}

function siblingOf(file: string, name: string): string | undefined {
  // A list may name its neighbours, not files elsewhere.
  if (name !== basename(name) || name.startsWith('.')) return undefined;
  const path = join(dirname(file), name);
  return existsSync(path) ? readBounded(path) : undefined;
}
