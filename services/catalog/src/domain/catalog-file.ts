import { AiKind, AppCategory } from '#contracts';
import type { AppRecord } from './app-record.js';
import { LineProblem, readObject, readText, type FileProblemCode } from './file-fields.js';
import { readFacts } from './file-facts.js';
import { readSources, type FactSource } from './file-sources.js';
import { readRule, ruleKey, writeRule } from './rule-normalise.js';
import { isShared } from './shared-infrastructure.js';
import type { Rule } from './app-record.js';

/** What is wrong with a line of a catalog file. */
export interface FileProblem {
  /** From 1. */
  readonly line: number;
  readonly code: FileProblemCode;
  readonly message: string;
}

/** A catalog file that was read: the lines that are right, and what is wrong with the others. */
export interface CatalogFile {
  /** Dates the content; a later version sorts after an earlier one. */
  readonly version: string;
  readonly apps: readonly AppRecord[];
  /** Names that many services share, which no app may claim. */
  readonly sharedInfrastructure: ReadonlySet<string>;
  readonly problems: readonly FileProblem[];
}

const FORMAT = 1;
const MAX_RULES = 300;
const ID = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** Ids that begin so are kept for the apps that tenants add. */
export const CUSTOM_PREFIX = 'custom-';

/**
 * Reads a catalog file: JSON lines, a header first, then one app a line. A line that is wrong is reported with its
 * number and left out; without a header nothing is read.
 */
export function parseCatalogFile(text: string): CatalogFile {
  const reader = new CatalogReader(text);
  const apps = [...reader.apps()];
  const { version, sharedInfrastructure, problems } = reader;
  return { version, apps, sharedInfrastructure, problems };
}

/** Reads a catalog file app by app: all of them at once take ten times the memory of the text. */
export class CatalogReader {
  /** Empty without a header. */
  readonly version: string;
  readonly sharedInfrastructure: ReadonlySet<string>;
  /** What is wrong with the lines that were read so far. */
  readonly problems: FileProblem[] = [];
  private readonly header: Header | undefined;

  constructor(private readonly text: string) {
    const end = text.indexOf('\n');
    this.header = attempt(1, this.problems, () => readHeader(end < 0 ? text : text.slice(0, end)));
    this.version = this.header?.version ?? '';
    this.sharedInfrastructure = this.header?.sharedInfrastructure ?? new Set();
  }

  /** The apps of the lines that are right. To be run through once. */
  *apps(): Generator<AppRecord> {
    const { header } = this;
    if (!header) return;
    const claims = new Claims();
    let line = 1;
    for (let from = this.text.indexOf('\n') + 1; from > 0 && from < this.text.length; line++) {
      const end = this.text.indexOf('\n', from);
      const content = this.text.slice(from, end < 0 ? undefined : end);
      from = end < 0 ? this.text.length : end + 1;
      const number = line + 1;
      const app =
        content.trim() === ''
          ? undefined
          : attempt(number, this.problems, () => claims.admit(readApp(content, header), number));
      if (app) yield app;
    }
  }
}

function attempt<T>(line: number, problems: FileProblem[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LineProblem)) throw error;
    problems.push({ line, code: error.code, message: `line ${line}: ${error.message}` });
    return undefined;
  }
}

interface Header {
  readonly version: string;
  readonly sources: ReadonlyMap<string, FactSource>;
  readonly sharedInfrastructure: ReadonlySet<string>;
}

function readHeader(line: string): Header {
  const header = readObject(line, 'bad-header');
  if (header['format'] !== FORMAT)
    throw new LineProblem('bad-header', `the file must begin with a header of format ${FORMAT}`);
  const shared = header['sharedInfrastructure'] ?? [];
  if (!Array.isArray(shared)) throw new LineProblem('bad-header', 'sharedInfrastructure is no list');
  return {
    version: readText(header, 'version', { required: true }),
    sources: readSources(header['sources']),
    sharedInfrastructure: new Set(shared.map(String)),
  };
}

function readApp(line: string, header: Header): AppRecord {
  const fields = readObject(line, 'not-json');
  const id = readText(fields, 'id', { required: true });
  if (!ID.test(id) || id.startsWith(CUSTOM_PREFIX)) throw new LineProblem('bad-id', `"${id}" is no app id`);
  const category = AppCategory[readText(fields, 'category', { required: true }) as keyof typeof AppCategory];
  if (!category) throw new LineProblem('unknown-category', `${id}: unknown category "${String(fields['category'])}"`);
  const aiKind = AiKind[(readText(fields, 'aiKind') || 'UNSPECIFIED') as keyof typeof AiKind];
  if (aiKind === undefined)
    throw new LineProblem('unknown-ai-kind', `${id}: unknown AI kind "${String(fields['aiKind'])}"`);
  return {
    id,
    name: readText(fields, 'name', { required: true }),
    category,
    aiKind,
    generativeAi: aiKind !== AiKind.UNSPECIFIED,
    vendor: readText(fields, 'vendor'),
    homepage: readText(fields, 'homepage'),
    description: readText(fields, 'description'),
    rules: readRules(id, fields['rules'], header.sharedInfrastructure),
    facts: readFacts(id, fields['facts'], header.sources),
  };
}

function readRules(id: string, texts: unknown, shared: ReadonlySet<string>): Rule[] {
  if (!Array.isArray(texts) || texts.length === 0)
    throw new LineProblem('bad-rule', `${id}: an app needs a list of rules`);
  if (texts.length > MAX_RULES) throw new LineProblem('bad-rule', `${id}: more than ${MAX_RULES} rules`);
  return texts.map((text) => {
    const read = readRule(String(text));
    if ('refused' in read) throw new LineProblem('bad-rule', `${id}: ${read.refused}`);
    if (isShared(read.rule, shared))
      throw new LineProblem('shared-infrastructure', `${id}: "${writeRule(read.rule)}" is shared infrastructure`);
    return read.rule;
  });
}

/** Who already has an id or a rule, and on which line. */
class Claims {
  private readonly ids = new Map<string, number>();
  private readonly rules = new Map<string, { id: string; line: number }>();

  admit(app: AppRecord, line: number): AppRecord {
    const twin = this.ids.get(app.id);
    if (twin !== undefined) throw new LineProblem('duplicate-id', `${app.id} is already on line ${twin}`);
    for (const rule of app.rules) {
      const owner = this.rules.get(ruleKey(rule));
      if (owner) {
        const where = `${owner.id} on line ${owner.line}`;
        throw new LineProblem('duplicate-rule', `${app.id}: rule "${writeRule(rule)}" belongs to ${where}`);
      }
    }
    this.ids.set(app.id, line);
    for (const rule of app.rules) this.rules.set(ruleKey(rule), { id: app.id, line });
    return app;
  }
}
