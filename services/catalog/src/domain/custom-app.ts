import { AiKind, AppCategory } from '#contracts';
import type { Rule } from './app-record.js';
import { readIpRange } from './ip-range.js';
import { readRule, ruleKey, type Normalised } from './rule-normalise.js';
import { isPlainText } from './text.js';

/** What a tenant says about an app it adds. */
export interface CustomAppDraft {
  readonly name: string;
  readonly category: AppCategory;
  readonly aiKind: AiKind;
  readonly generativeAi: boolean;
  readonly description: string;
  readonly domains: readonly string[];
  readonly ipRanges: readonly string[];
  readonly owner: string;
  readonly score?: number | undefined;
}

/** What is wrong with a draft: what it is about and the field. */
export interface DraftProblem {
  readonly subject: string;
  readonly field: string;
  readonly message: string;
}

const MAX_NAME = 200;
const MAX_DESCRIPTION = 2_000;
const MAX_DOMAINS = 100;
const MAX_RANGES = 100;
const MAX_OWNER = 200;

/** The rules of a draft, and by the key of each the field that says it. */
export interface DraftRules {
  readonly rules: Rule[];
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * The rules of a draft, domains before ranges, in their order and each once, or the first problem.
 *
 * @param kept rules that the app has and keeps, beside those of the draft
 */
export function readDraft(draft: CustomAppDraft, kept: readonly Rule[] = []): DraftRules | { problem: DraftProblem } {
  const problem = firstProblem(draft, kept.length);
  if (problem) return { problem };
  const rules = new Map(kept.map((rule) => [ruleKey(rule), rule]));
  const fields = new Map<string, string>();
  const texts = [
    ...draft.domains.map((text, at) => ({ subject: 'domain', field: `domains.${at}`, read: readDomain(text) })),
    ...draft.ipRanges.map((text, at) => ({ subject: 'ip-range', field: `ipRanges.${at}`, read: readIpRange(text) })),
  ];
  for (const { subject, field, read } of texts) {
    if ('refused' in read) return { problem: { subject, field, message: `${read.refused}.` } };
    const key = ruleKey(read.rule);
    rules.set(key, read.rule);
    if (!fields.has(key)) fields.set(key, field);
  }
  return { rules: [...rules.values()], fields };
}

/** Whether a number is a score: 0 to 10. */
export function isScore(score: number): boolean {
  return score >= 0 && score <= 10;
}

/** Reads a domain, a host or `*.name`: the rules that are for names, and not for a part of a host. */
export function readDomain(domain: string): Normalised {
  if (/^\s*(process|bundle|api|ip):|[/=]/.test(domain))
    return { refused: `"${domain.slice(0, 80)}" is not a host name` };
  return readRule(domain);
}

function firstProblem(draft: CustomAppDraft, kept: number): DraftProblem | undefined {
  const { name, category, aiKind, description, domains, ipRanges, owner, score } = draft;
  const say = (subject: string, field: string, message: string) => ({ subject, field, message });
  if (name.trim() === '' || name.length > MAX_NAME || !isPlainText(name)) {
    return say('name', 'name', `A name has 1 to ${MAX_NAME} characters of text.`);
  }
  if (!category || AppCategory[category] === undefined) return say('category', 'category', 'An app has a category.');
  if (AiKind[aiKind] === undefined) return say('ai-kind', 'aiKind', 'That is no kind of AI.');
  if (description.length > MAX_DESCRIPTION || !isPlainText(description)) {
    return say('description', 'description', `A description has at most ${MAX_DESCRIPTION} characters of text.`);
  }
  if (owner.length > MAX_OWNER || !isPlainText(owner)) {
    return say('owner', 'owner', `An owner has at most ${MAX_OWNER} characters of text.`);
  }
  if (domains.length + ipRanges.length + kept === 0)
    return say('domain', 'domains', 'An app needs at least one domain or address range to be recognised by.');
  if (domains.length > MAX_DOMAINS) return say('domain', 'domains', `An app has at most ${MAX_DOMAINS} domains.`);
  if (ipRanges.length > MAX_RANGES) return say('ip-range', 'ipRanges', `An app has at most ${MAX_RANGES} ranges.`);
  if (score !== undefined && !isScore(score)) return say('score', 'score', 'A score is a number from 0 to 10.');
  return undefined;
}
