import { AiKind, AppCategory } from '#contracts';
import type { Rule } from './app-record.js';
import { readRule, ruleKey } from './rule-normalise.js';
import { isPlainText } from './text.js';

/** What a tenant says about an app it adds. */
export interface CustomAppDraft {
  readonly name: string;
  readonly category: AppCategory;
  readonly aiKind: AiKind;
  readonly generativeAi: boolean;
  readonly description: string;
  readonly domains: readonly string[];
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

/** The rules of a draft, in the order of its domains and each once, or the first problem. */
export function readDraft(draft: CustomAppDraft): { rules: Rule[] } | { problem: DraftProblem } {
  const problem = firstProblem(draft);
  if (problem) return { problem };
  const rules = new Map<string, Rule>();
  for (const [at, domain] of draft.domains.entries()) {
    const read = readDomain(domain);
    if ('refused' in read)
      return { problem: { subject: 'domain', field: `domains.${at}`, message: `${read.refused}.` } };
    rules.set(ruleKey(read.rule), read.rule);
  }
  return { rules: [...rules.values()] };
}

/** Whether a number is a score: 0 to 10. */
export function isScore(score: number): boolean {
  return score >= 0 && score <= 10;
}

function readDomain(domain: string) {
  if (/^(process|bundle|api):|[/=]/.test(domain)) return { refused: `"${domain.slice(0, 80)}" is not a host name` };
  return readRule(domain);
}

function firstProblem(draft: CustomAppDraft): DraftProblem | undefined {
  const { name, category, aiKind, description, domains, score } = draft;
  const say = (subject: string, field: string, message: string) => ({ subject, field, message });
  if (name.trim() === '' || name.length > MAX_NAME || !isPlainText(name)) {
    return say('name', 'name', `A name has 1 to ${MAX_NAME} characters of text.`);
  }
  if (!category || AppCategory[category] === undefined) return say('category', 'category', 'An app has a category.');
  if (AiKind[aiKind] === undefined) return say('ai-kind', 'aiKind', 'That is no kind of AI.');
  if (description.length > MAX_DESCRIPTION || !isPlainText(description)) {
    return say('description', 'description', `A description has at most ${MAX_DESCRIPTION} characters of text.`);
  }
  if (domains.length === 0) return say('domain', 'domains', 'An app needs at least one domain to be recognised by.');
  if (domains.length > MAX_DOMAINS) return say('domain', 'domains', `An app has at most ${MAX_DOMAINS} domains.`);
  if (score !== undefined && !isScore(score)) return say('score', 'score', 'A score is a number from 0 to 10.');
  return undefined;
}
