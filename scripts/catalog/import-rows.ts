import { AiKind, AppCategory } from '#contracts';
import { readRule, ruleKey, writeRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { factorById } from '../../services/catalog/src/domain/factors/registry.js';
import { whyNotAValue } from '../../services/catalog/src/domain/factors/value.js';
import { hostOf, type BadRow, type ImportedRow } from './importers/importer.js';

/** A row that is right: its rules are written as the catalog writes them. */
export interface CheckedRow {
  readonly name: string;
  readonly rules: readonly string[];
  readonly about: readonly string[];
  readonly category: string;
  readonly aiKind: string;
  readonly vendor: string;
  readonly facts: Readonly<Record<string, string>>;
}

/** What is wrong with a line of the file. */
export interface RowProblem {
  readonly line: number;
  readonly reason: string;
}

/** Two rows, or a row and an app of the catalog, that claim the same rule. */
export interface RuleClash {
  readonly rule: string;
  /** Who has it. */
  readonly owner: string;
  /** Who wants it too. */
  readonly claimant: string;
}

export interface CheckedRows {
  /** In the order of their names. */
  readonly rows: readonly CheckedRow[];
  readonly problems: readonly RowProblem[];
  readonly clashes: readonly RuleClash[];
}

export interface RowDefaults {
  readonly category?: string | undefined;
  readonly aiKind?: string | undefined;
}

export const MAX_ROWS = 200_000;
const MAX_NAME = 200;
const MAX_RULES_A_ROW = 300;

/**
 * Checks what an importer read. A row without a name is left out; of a row with a wrong domain or value the rest goes
 * in. Everything that is left out is a problem with its line. Of two rows that claim a rule the first has it.
 *
 * @throws Error where there are more than `MAX_ROWS` rows, or a default is none
 */
export function checkRows(reads: Iterable<ImportedRow | BadRow>, defaults: RowDefaults = {}): CheckedRows {
  if (defaults.category !== undefined && !isCategory(defaults.category)) {
    throw new Error(`"${defaults.category}" is no category`);
  }
  if (defaults.aiKind !== undefined && !isAiKind(defaults.aiKind))
    throw new Error(`"${defaults.aiKind}" is no AI kind`);
  const problems: RowProblem[] = [];
  const clashes: RuleClash[] = [];
  const rows: CheckedRow[] = [];
  const owners = new Map<string, string>();
  let count = 0;
  for (const read of reads) {
    if (++count > MAX_ROWS) throw new Error(`the file has more than ${MAX_ROWS} rows`);
    if ('refused' in read) {
      problems.push({ line: read.line, reason: read.refused });
      continue;
    }
    const row = checkRow(read, defaults, problems);
    if (!row) continue;
    const rules = row.rules.filter((rule) => {
      const owner = owners.get(rule);
      if (owner === undefined) owners.set(rule, row.name);
      else clashes.push({ rule, owner, claimant: row.name });
      return owner === undefined;
    });
    if (rules.length > 0 || row.about.length > 0) rows.push({ ...row, rules });
  }
  return { rows: rows.sort(byName), problems, clashes };
}

function checkRow(read: ImportedRow, defaults: RowDefaults, problems: RowProblem[]): CheckedRow | undefined {
  const say = (reason: string): void => void problems.push({ line: read.line, reason });
  const name = read.name.trim().replace(/\s+/g, ' ');
  if (name === '' || name.length > MAX_NAME || /\p{Cc}/u.test(name)) {
    say(name === '' ? 'has no name' : `has no name of at most ${MAX_NAME} characters of text`);
    return undefined;
  }
  const rules = new Map<string, string>();
  for (const domain of read.domains.slice(0, MAX_RULES_A_ROW)) {
    const rule = readRule(ruleText(domain));
    if ('refused' in rule) say(`${name}: ${rule.refused}`);
    else rules.set(ruleKey(rule.rule), writeRule(rule.rule));
  }
  if (read.domains.length > MAX_RULES_A_ROW) say(`${name}: has more than ${MAX_RULES_A_ROW} domains`);
  const about = (read.about ?? []).map((host) => hostOf(host)).filter((host) => host !== undefined);
  if (rules.size === 0 && about.length === 0) {
    if (read.domains.length === 0) say(`${name}: has no domain`);
    return undefined;
  }
  const category = read.category ?? defaults.category ?? '';
  const aiKind = read.aiKind ?? defaults.aiKind ?? '';
  if (category !== '' && !isCategory(category)) say(`${name}: "${category.slice(0, 60)}" is no category`);
  if (aiKind !== '' && !isAiKind(aiKind)) say(`${name}: "${aiKind.slice(0, 60)}" is no AI kind`);
  return {
    name,
    rules: [...rules.values()].sort(),
    about: [...new Set(about)].sort(),
    category: isCategory(category) ? category : (defaults.category ?? ''),
    aiKind: isAiKind(aiKind) ? aiKind : (defaults.aiKind ?? ''),
    vendor: read.vendor ?? '',
    facts: checkFacts(name, read.facts ?? {}, say),
  };
}

function checkFacts(
  name: string,
  facts: Readonly<Record<string, string | undefined>>,
  say: (reason: string) => void,
): Record<string, string> {
  const checked: [string, string][] = [];
  for (const [id, value] of Object.entries(facts)) {
    if (value === undefined || value === '') continue;
    const factor = factorById.get(id);
    const why = factor ? (factor.field ? `${id} is no fact` : whyNotAValue(factor, value)) : `unknown factor "${id}"`;
    if (why) say(`${name}: ${why}`);
    else checked.push([id, value]);
  }
  return Object.fromEntries(checked.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Lists write domains as people do: as URLs, and with `www.`. */
function ruleText(domain: string): string {
  const text = domain.trim();
  if (/^(process|bundle):|^[=*]/.test(text)) return text;
  return /^https?:\/\//i.test(text) ? (hostOf(text) ?? text) : text.replace(/^www\.(?=.+\.)/i, '');
}

function isCategory(text: string): boolean {
  return text !== 'UNSPECIFIED' && typeof AppCategory[text as keyof typeof AppCategory] === 'number';
}

function isAiKind(text: string): boolean {
  return text !== 'UNSPECIFIED' && typeof AiKind[text as keyof typeof AiKind] === 'number';
}

function byName(a: CheckedRow, b: CheckedRow): number {
  const [first, second] = [JSON.stringify(a), JSON.stringify(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
