import { parse as parseHost } from 'tldts';
import { SuggestionKind } from '#contracts';

/** A host that no app claims. */
export interface Candidate {
  readonly host: string;
  readonly transactions: bigint;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  /** Why the host looks like AI, in words; empty = it does not. */
  readonly generativeAiHint: string;
}

/** What an admin is told about such a host. */
export interface Suggestion extends Candidate {
  readonly kind: SuggestionKind;
  /** Empty = no guess. */
  readonly appId: string;
  readonly reason: string;
  readonly suggestedName: string;
  readonly suggestedDomain: string;
  /** The higher, the sooner it is worth a look. */
  readonly rank: bigint;
}

/** An app and what connects it with hosts. */
export interface NamedApp {
  readonly appId: string;
  readonly name: string;
}

/** What is known of apps near the candidates. */
export interface Neighbours {
  /** By registrable domain: apps with a rule on it or below it, and the text of one such rule. */
  readonly byDomain: ReadonlyMap<string, readonly (NamedApp & { readonly rule: string })[]>;
  /** By plain name, see `plainName`. */
  readonly byName: ReadonlyMap<string, NamedApp>;
}

/** How a host is taken apart: its registrable domain, and the word in it that somebody chose. */
export interface HostParts {
  readonly domain: string;
  /** Of `chat.acme-ai.co.uk`: `acme-ai`. */
  readonly word: string;
}

/** Twice the use weighs twice as much; looking like AI as much as 64 times the use, a known neighbour as much as 16. */
const AI_WEIGHT = 64n;
const NEIGHBOUR_WEIGHT = 16n;
/** Words that say so of an unknown host, beside those that telemetry looks for. */
const AI_WORDS: ReadonlySet<string> = new Set(['chat', 'bot', 'assistant', 'agent', 'agents', 'genai', 'llm', 'gpt']);
/** What product names are dressed up with when a domain is bought. */
const DRESSING = /^(?:get|try|use|my|go|join|the)|(?:app|hq|ai|io|cdn|static|web|api|inc|labs|cloud|usercontent)$/g;
/** Shorter words are names of too many things. */
const SHORTEST_WORD = 4;

export function hostParts(host: string): HostParts | undefined {
  const { domain, domainWithoutSuffix } = parseHost(host, { allowPrivateDomains: true });
  return domain && domainWithoutSuffix ? { domain, word: domainWithoutSuffix } : undefined;
}

/** Letters and digits of a name, in lower case: names that differ in nothing else are the same. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The plain names an app could have whose maker bought a domain of this word: the word, and it without dressing. */
export function namesOf(word: string): string[] {
  const whole = plainName(word);
  const bare = whole.replace(DRESSING, '');
  return [...new Set([whole, bare])].filter((name) => name.length >= SHORTEST_WORD);
}

/** The best guess about a host, with the reason for it. */
export function suggest(candidate: Candidate, { byDomain, byName }: Neighbours): Suggestion {
  const parts = hostParts(candidate.host);
  const looks = candidate.generativeAiHint || aiWord(candidate.host);
  const near = parts ? byDomain.get(parts.domain) : undefined;
  const namesake = parts ? namesOf(parts.word).map((name) => byName.get(name)) : [];
  const named = namesake.find((app) => app !== undefined);
  const draft = {
    suggestedName: nameOfWord(parts?.word ?? candidate.host),
    suggestedDomain: parts?.domain ?? '',
  };
  const answer = (kind: SuggestionKind, appId: string, reason: string): Suggestion => ({
    ...candidate,
    ...draft,
    ...{ kind, appId, reason },
    rank:
      (candidate.transactions + 1n) *
      (looks ? AI_WEIGHT : kind === SuggestionKind.EXISTING_APP ? NEIGHBOUR_WEIGHT : 1n),
  });
  const also = looks ? `; ${looks}` : '';
  const [first] = near ?? [];
  if (first && near?.length === 1)
    return answer(
      SuggestionKind.EXISTING_APP,
      first.appId,
      `${first.name} lives at ${first.rule}, under the same domain${also}`,
    );
  if (first && near) {
    const names = near.slice(0, 3).map((app) => app.name);
    const reason = `${near.length} apps live under the same domain: ${names.join(', ')}${near.length > 3 ? ', …' : ''}${also}`;
    const same = near.find((app) => app.appId === named?.appId);
    return answer(SuggestionKind.EXISTING_APP, same?.appId ?? '', reason);
  }
  if (named) return answer(SuggestionKind.EXISTING_APP, named.appId, `named like ${named.name}${also}`);
  if (looks) return answer(SuggestionKind.NEW_AI_APP, '', looks);
  return answer(SuggestionKind.UNKNOWN, '', 'no app claims it');
}

/** Most worth a look first; of equals by host. */
export function byRank(a: Suggestion, b: Suggestion): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1;
  return a.host < b.host ? -1 : a.host > b.host ? 1 : 0;
}

function aiWord(host: string): string {
  for (const label of host.split('.').slice(0, -1)) {
    const word = label.split(/[-_]/).find((candidate) => AI_WORDS.has(candidate));
    if (word) return `name has the word “${word}”`;
  }
  return '';
}

function nameOfWord(word: string): string {
  const words = word.split(/[-_]/).filter((part) => part !== '');
  return words.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join(' ');
}
