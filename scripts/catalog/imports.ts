import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MatchRuleKind } from '#contracts';
import { parse } from 'tldts';
import { readRule } from '../../services/catalog/src/domain/rule-normalise.js';
import type { CheckedRow, RuleClash } from './import-rows.js';
import { addMeasured } from './measured.js';
import type { RawFacts } from './raw-facts.js';
import { nameKey, slug } from './slug.js';

/** What the first line of an import says. */
export interface ImportHeader {
  readonly format: 1;
  readonly source: string;
  readonly name: string;
  /** The source of its values; begins with `https://`. */
  readonly url: string;
  readonly licence: string;
  readonly observedOn: string;
}

export interface ImportFile {
  readonly header: ImportHeader;
  readonly rows: readonly CheckedRow[];
}

/** An app that is there already. */
export interface KnownApp {
  readonly id: string;
  readonly name: string;
}

/** The apps that rows are placed among. */
export interface Owners {
  ownerOf(host: string): KnownApp | undefined;
  has(id: string): boolean;
}

/** A rule that no import gets, and why. */
export interface Withheld {
  readonly rule: string;
  readonly name: string;
  readonly reason: string;
}

/** Where a row belongs: an app that is there, a new one, or nowhere. */
export type Placement =
  | {
      readonly kind: 'known' | 'new';
      readonly id: string;
      readonly claims: readonly string[];
      readonly taken: readonly RuleClash[];
      readonly withheld: readonly Withheld[];
    }
  | { readonly kind: 'nowhere'; readonly reason: string };

/** As much of `Drafts` as imports need. */
interface Drafted extends Owners {
  readonly warnings: string[];
  ownerOf(host: string): Draft | undefined;
  add(
    draft: { id: string; name: string; vendor: string; description: string; category: string; aiKind: string },
    rules: readonly string[],
  ): Draft;
  claim(draft: Draft, rule: string): void;
  all(): readonly Draft[];
}

interface Draft extends KnownApp {
  readonly facts: RawFacts;
  readonly lists: Set<string>;
}

/**
 * Puts the imports of a data folder into the apps so far, and what was measured: their values where nobody curated
 * others, their rules where nobody has them, and new apps where they say what those are for. Call it before facts are
 * gathered.
 */
export function addImports(drafts: Drafted, dataFolder: string): void {
  const leftOut = readLeftOut(dataFolder);
  const byId = new Map(drafts.all().map((draft) => [draft.id, draft]));
  for (const { header, rows } of readImports(dataFolder)) {
    for (const row of rows) {
      const place = placeRow(row, drafts, leftOut);
      if (place.kind === 'nowhere') continue;
      for (const { rule, owner } of place.taken) {
        drafts.warnings.push(`${header.source}: ${row.name}: rule ${rule} belongs to ${owner}`);
      }
      const { name, vendor, category, aiKind } = row;
      const draft =
        place.kind === 'new'
          ? drafts.add({ id: place.id, name, vendor, description: '', category, aiKind }, place.claims)
          : byId.get(place.id);
      if (!draft) continue;
      byId.set(draft.id, draft);
      if (place.kind === 'known') for (const rule of place.claims) drafts.claim(draft, rule);
      draft.lists.add(header.source);
      for (const [factor, value] of Object.entries(row.facts)) {
        if (!draft.facts.has(factor)) draft.facts.set(factor, [value, header.url, header.observedOn]);
      }
    }
  }
  addMeasured(drafts, dataFolder);
}

/** Places a row: by its domains, then by what it is about, then by a name beside which it lives. */
export function placeRow(row: CheckedRow, owners: Owners, leftOut: ReadonlySet<string> = new Set()): Placement {
  const rules = row.rules.map((text) => ({ text, host: hostOfRule(text) }));
  const owned = rules.map(({ host }) => host && owners.ownerOf(host));
  const parents = rules.map(({ host }) =>
    owners.ownerOf(parse(host ?? '', { allowPrivateDomains: true }).domain ?? ''),
  );
  const app =
    owned.find((owner) => owner !== undefined && owner !== '') ||
    row.about.map((host) => aboutOwner(host, owners)).find((owner) => owner !== undefined) ||
    parents.find((owner) => owner && nameKey(owner.name) === nameKey(row.name));
  const known = app || undefined;
  const taken: RuleClash[] = [];
  const withheld: Withheld[] = [];
  const claims: string[] = [];
  rules.forEach(({ text, host }, at) => {
    const owner = owned[at] || undefined;
    const reason = owner ? undefined : whyWithheld(text, host, leftOut);
    if (reason !== undefined) {
      withheld.push({ rule: text, name: row.name, reason });
      return;
    }
    // The whole domain is the app's already.
    if (!owner && known && parents[at]?.id === known.id) return;
    if (!owner) claims.push(text);
    else if (owner.id !== known?.id) taken.push({ rule: text, owner: owner.id, claimant: row.name });
  });
  if (known) return { kind: 'known', id: known.id, claims, taken, withheld };
  if (row.category === '') return { kind: 'nowhere', reason: 'no app has its domains, and it has no category' };
  const [first] = withheld;
  if (claims.length === 0 && first) return { kind: 'nowhere', reason: `${first.rule} ${first.reason}` };
  if (claims.length === 0) return { kind: 'nowhere', reason: 'it has no domain of its own' };
  const host = rules.find(({ text }) => text === claims[0])?.host ?? '';
  const id = [slug(row.name), slug(host)].find(
    (each) => each !== '' && !owners.has(each) && !each.startsWith('custom-'),
  );
  if (id === undefined) return { kind: 'nowhere', reason: 'its name and its domain are taken as ids' };
  return { kind: 'new', id, claims, taken, withheld };
}

/** Companies of many products: a list that names their whole domain names none of these. */
const COMPANIES = new Set(
  'adobe alibaba amazon apple baidu bytedance cloudflare facebook google ibm meta microsoft nvidia oracle salesforce samsung sap sony tencent yahoo'.split(
    ' ',
  ),
);

function whyWithheld(rule: string, host: string | undefined, leftOut: ReadonlySet<string>): string | undefined {
  if (host === undefined) return undefined;
  if (leftOut.has(host)) return 'is left out on purpose';
  const { domain, domainWithoutSuffix } = parse(host, { allowPrivateDomains: true });
  const whole = domain === host && !rule.startsWith('=');
  if (whole && COMPANIES.has(domainWithoutSuffix ?? ''))
    return 'is of a company of many products: name the host of one';
  return undefined;
}

function aboutOwner(host: string, owners: Owners): KnownApp | undefined {
  return owners.ownerOf(host) ?? owners.ownerOf(parse(host, { allowPrivateDomains: true }).domain ?? '');
}

/** The host of a rule that is one, with everything below it or not. */
function hostOfRule(text: string): string | undefined {
  const read = readRule(text);
  if ('refused' in read) return undefined;
  const { kind, value } = read.rule;
  return kind === MatchRuleKind.DOMAIN || kind === MatchRuleKind.HOST ? value : undefined;
}

const FOLDER = 'imports';

/** Reads the imports of a data folder, in the order of their file names. @throws Error naming file and line */
export function readImports(dataFolder: string): ImportFile[] {
  const folder = join(dataFolder, FOLDER);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return names.sort().map((name) => readImport(dataFolder, name.slice(0, -'.jsonl'.length)));
}

/** One import of a data folder. @throws Error where it is not there or not whole */
export function readImport(dataFolder: string, key: string): ImportFile {
  const path = importPath(dataFolder, key);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const [header, ...rows] = lines.map((line, at) => {
    try {
      return JSON.parse(line) as unknown;
    } catch {
      throw new Error(`${path}: line ${at + 1} is not JSON`);
    }
  });
  const { format, url } = (header ?? {}) as Partial<ImportHeader>;
  if (format !== 1 || !url?.startsWith('https://')) throw new Error(`${path}: begins with no header of format 1`);
  return { header: header as ImportHeader, rows: rows.map((row) => completeRow(row as Partial<CheckedRow>)) };
}

/** Whether an import of that name is there. */
export function hasImport(dataFolder: string, key: string): boolean {
  return existsSync(importPath(dataFolder, key));
}

/** Writes an import: the same rows give the same bytes. */
export function writeImport(dataFolder: string, key: string, { header, rows }: ImportFile): void {
  mkdirSync(join(dataFolder, FOLDER), { recursive: true });
  const lines = [header, ...rows.map(shortRow)].map((line) => JSON.stringify(line));
  writeFileSync(importPath(dataFolder, key), `${lines.join('\n')}\n`);
}

export function importPath(dataFolder: string, key: string): string {
  return join(dataFolder, FOLDER, `${key}.jsonl`);
}

/** Domains that a person decided are to become no app and part of none. */
export function readLeftOut(dataFolder: string): ReadonlySet<string> {
  return new Set(LEFT_OUT.flatMap((name) => namesIn(join(dataFolder, 'curated', name))));
}

const LEFT_OUT = ['left-out.txt', 'shared-infrastructure.txt'];

/** One name a line, with a reason behind a tab. */
function namesIn(path: string): string[] {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.split('\t')[0] ?? '');
}

function shortRow(row: CheckedRow): object {
  return {
    name: row.name,
    rules: row.rules.length > 0 ? row.rules : undefined,
    about: row.about.length > 0 ? row.about : undefined,
    category: row.category || undefined,
    aiKind: row.aiKind || undefined,
    vendor: row.vendor || undefined,
    facts: Object.keys(row.facts).length > 0 ? row.facts : undefined,
  };
}

function completeRow(row: Partial<CheckedRow>): CheckedRow {
  const { name = '', rules = [], about = [], category = '', aiKind = '', vendor = '', facts = {} } = row;
  return { name, rules, about, category, aiKind, vendor, facts };
}
