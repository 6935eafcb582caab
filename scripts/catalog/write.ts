import { MatchRuleKind } from '#contracts';
import { ruleKey, writeRule } from '../../services/catalog/src/domain/rule-normalise.js';
import type { Curated } from './curated.js';
import type { Draft } from './draft.js';

/** The line of an app: fields in a fixed order, rules and facts sorted, empty fields left out. */
export function writeApp(draft: Draft): string {
  const rules = [...draft.rules].sort((a, b) => (ruleKey(a) < ruleKey(b) ? -1 : 1));
  const facts = [...draft.facts].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({
    id: draft.id,
    name: draft.name,
    vendor: draft.vendor || undefined,
    homepage: homepage(draft),
    description: draft.description || undefined,
    category: draft.category,
    aiKind: draft.aiKind || undefined,
    rules: rules.map(writeRule),
    facts: facts.length > 0 ? Object.fromEntries(facts) : undefined,
  })}\n`;
}

/** The header; its version stays where the apps did not change, else counts up within the day of the sources. */
export function writeHeader(
  before: string,
  body: string,
  sources: Curated['sources'],
  shared: ReadonlySet<string>,
): string {
  const [first = ''] = before.split('\n');
  const last = first === '' ? undefined : (JSON.parse(first) as { version: string }).version;
  const same = last !== undefined && before.slice(first.length + 1) === body;
  const sharedInfrastructure = [...shared].sort();
  const keys = Object.entries(sources).map(([key, { name, observedOn }]) => [key, { name, observedOn }] as const);
  const day =
    keys
      .map(([, source]) => source.observedOn)
      .sort()
      .at(-1) ?? '';
  const version = same ? last : `${day}.${String(revision(last, day)).padStart(3, '0')}`;
  return `${JSON.stringify({ format: 1, version, sources: Object.fromEntries(keys), sharedInfrastructure })}\n`;
}

function revision(last: string | undefined, day: string): number {
  return last?.startsWith(`${day}.`) ? Number(last.slice(day.length + 1)) + 1 : 1;
}

/** Hosts that programs talk to, which show a person nothing. */
const ENDPOINT = /(^|[.-])(api|cdn|static|gateway|inference|integrate)([.-])/;
const SHARED = /(^|\.)(amazonaws|googleapis)\.com$/;

/** Where a person would look the app up: its first domain or host that is no endpoint. */
function homepage(draft: Draft): string | undefined {
  const rule = draft.rules.find(
    ({ kind, value }) =>
      !SHARED.test(value) && (kind === MatchRuleKind.DOMAIN || (kind === MatchRuleKind.HOST && !ENDPOINT.test(value))),
  );
  return rule && `https://${rule.value}`;
}
