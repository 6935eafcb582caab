import { AiKind, AppCategory } from '#contracts';
import { readDraft, type CustomAppDraft, type DraftRules } from './custom-app.js';
import { ruleKey, writeRule } from './rule-normalise.js';
import { isPlainText } from './text.js';

/** A line of a table as it was read: its cells, and where it begins, from 1. */
export interface TableLine {
  readonly line: number;
  readonly cells: readonly string[];
}

/** What is wrong with a line, and in which column; empty where it is the line as a whole. */
export interface TableProblem {
  readonly line: number;
  readonly column: string;
  readonly reason: string;
}

/** An app as a line of the table says it, checked by itself. */
export interface TableApp {
  readonly line: number;
  readonly draft: CustomAppDraft;
  readonly read: DraftRules;
  readonly note: string;
  /** Which columns the table has: what it has none for, it says nothing of. */
  readonly columns: ReadonlySet<Column>;
}

/** A table of apps that was read: the lines that are right, and what is wrong with the others. */
export interface AppTable {
  readonly apps: readonly TableApp[];
  readonly problems: readonly TableProblem[];
}

export const COLUMNS = ['name', 'domains', 'ipRanges', 'category', 'owner', 'notes'] as const;
export type Column = (typeof COLUMNS)[number];

const REQUIRED: readonly Column[] = ['name', 'category'];
const MAX_NOTE = 4_000;
/** Apps of these categories are generative AI by what they are for. */
const AI_CATEGORIES: ReadonlySet<AppCategory> = new Set([
  AppCategory.GENERATIVE_AI,
  AppCategory.AI_MODEL_PROVIDER,
  AppCategory.AI_MCP_SERVER,
]);

/**
 * Reads a table of apps: a line with the names of the columns, in any order and spelled in any case, then one app a
 * line. A line that is wrong, or says what an earlier line says, is reported and left out.
 *
 * @returns what is wrong with the first line, where that makes the others unreadable
 */
export function readAppTable(lines: readonly TableLine[]): AppTable | { readonly refused: string } {
  const [header, ...rest] = lines;
  const columns = readHeader(header);
  if (typeof columns === 'string') return { refused: columns };
  const apps: TableApp[] = [];
  const problems: TableProblem[] = [];
  const claims = new Claims();
  for (const line of rest) {
    if (line.cells.every((cell) => cell.trim() === '')) continue;
    const read = readLine(line, columns);
    const problem = 'reason' in read ? read : claims.problemOf(read);
    if (problem) problems.push(problem);
    else if ('draft' in read) {
      claims.admit(read);
      apps.push(read);
    }
  }
  return { apps, problems };
}

/** The column of a field of a draft: `domains.1` is said in `domains`. */
export function columnOf(field: string): string {
  return field.split('.')[0] ?? field;
}

/** A name as names are told apart. */
export function nameKey(name: string): string {
  return name.trim().toLowerCase();
}

function readHeader(header: TableLine | undefined): ReadonlyMap<Column, number> | string {
  const columns = new Map<Column, number>();
  for (const [at, cell] of (header?.cells ?? []).entries()) {
    const plain = cell.toLowerCase().replace(/[^a-z]/g, '');
    const column = COLUMNS.find((each) => each.toLowerCase() === plain);
    if (!column) return `line 1: there is no column "${cell.slice(0, 40)}"; the columns are ${COLUMNS.join(', ')}`;
    if (columns.has(column)) return `line 1: the column ${column} is there twice`;
    columns.set(column, at);
  }
  const missing = REQUIRED.find((column) => !columns.has(column));
  return missing ? `line 1: the column ${missing} is missing` : columns;
}

function readLine({ line, cells }: TableLine, columns: ReadonlyMap<Column, number>): TableApp | TableProblem {
  if (cells.length > columns.size)
    return { line, column: '', reason: `has ${cells.length} cells, which is more than there are columns` };
  const cell = (column: Column) => cells[columns.get(column) ?? cells.length]?.trim() ?? '';
  const category =
    AppCategory[
      cell('category')
        .toUpperCase()
        .replace(/[^A-Z]+/g, '_') as keyof typeof AppCategory
    ];
  if (!category) return { line, column: 'category', reason: `"${cell('category').slice(0, 80)}" is no category` };
  const note = cell('notes');
  if (note.length > MAX_NOTE || !isPlainText(note))
    return { line, column: 'notes', reason: `notes have at most ${MAX_NOTE} characters of text` };
  const draft = {
    name: cell('name'),
    category,
    aiKind: AiKind.UNSPECIFIED,
    generativeAi: AI_CATEGORIES.has(category),
    description: '',
    domains: listIn(cell('domains')),
    ipRanges: listIn(cell('ipRanges')),
    owner: cell('owner'),
  };
  const read = readDraft(draft);
  if ('problem' in read)
    return { line, column: columnOf(read.problem.field), reason: read.problem.message.replace(/\.$/, '') };
  return { line, draft, read, note, columns: new Set(columns.keys()) };
}

/** Several values of a cell stand between spaces, semicolons or commas. */
function listIn(cell: string): string[] {
  return cell.split(/[\s;,]+/).filter((text) => text !== '');
}

/** Which line has a name or a rule already. */
class Claims {
  private readonly names = new Map<string, number>();
  private readonly rules = new Map<string, number>();

  problemOf({ line, draft, read }: TableApp): TableProblem | undefined {
    const twin = this.names.get(nameKey(draft.name));
    if (twin !== undefined) return { line, column: 'name', reason: `"${draft.name}" is on line ${twin} already` };
    for (const rule of read.rules) {
      const owner = this.rules.get(ruleKey(rule));
      if (owner === undefined) continue;
      const column = columnOf(read.fields.get(ruleKey(rule)) ?? 'domains');
      return { line, column, reason: `"${writeRule(rule)}" belongs to the app on line ${owner} already` };
    }
    return undefined;
  }

  admit({ line, draft, read }: TableApp): void {
    this.names.set(nameKey(draft.name), line);
    for (const rule of read.rules) this.rules.set(ruleKey(rule), line);
  }
}
