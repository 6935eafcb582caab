import { categoryOf, kindOf } from './ai-kinds.js';
import type { Curated } from './curated.js';
import type { Draft, Drafts } from './draft.js';
import { aiRules } from './ai-listing.js';
import { cloudCategory } from './cloud-categories.js';
import type { FactLists, ListedAiDomain, ListedDomain } from './fact-lists.js';
import { readRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { nameKey, slug } from './slug.js';

/**
 * Goes through the domains that the public lists call generative AI. Those of curated apps lend them their lists; of
 * the others, those that can stand for themselves become apps of their own.
 */
export function addListedAiApps(drafts: Drafts, { ai, domains }: FactLists, curated: Curated): void {
  const byName = aliasesOf(drafts, curated);
  for (const row of ai) {
    const owner = [row.domain, ...row.hosts].map((host) => drafts.ownerOf(host)).find((draft) => draft !== undefined);
    if (owner) {
      noteLists(owner, row);
      continue;
    }
    if (curated.leftOut.has(row.domain)) continue;
    const general = domains.get(row.domain);
    const rules = aiRules(row, general).filter((rule) => 'rule' in readRule(rule) && !drafts.shared.has(rule));
    if (rules.length === 0) continue;
    const isSure = row.confidence !== 'C';
    const namesake = row.names.map((name) => byName.get(nameKey(name))).find((draft) => draft !== undefined);
    const twin = namesake && (isSure || isSameLabel(namesake, row.domain)) ? namesake : undefined;
    if (twin) for (const rule of rules) drafts.claim(twin, rule);
    const draft = twin ?? addApp(drafts, row, rules, isSure ? undefined : general);
    if (!draft) continue;
    noteLists(draft, row);
    const key = nameKey(draft.name);
    if (!byName.has(key)) byName.set(key, draft);
  }
}

function aliasesOf(drafts: Drafts, curated: Curated): Map<string, Draft> {
  const byName = new Map<string, Draft>();
  const ids = new Map(drafts.all().map((draft) => [draft.id, draft]));
  for (const app of curated.aiApps) {
    const draft = ids.get(app.id);
    for (const name of [app.name, ...(app.aliases ?? [])]) if (draft) byName.set(nameKey(name), draft);
  }
  return byName;
}

/** One list alone is believed that a domain is that of an app it names only where the domains are alike. */
function isSameLabel(draft: Draft, domain: string): boolean {
  const label = (host: string) => host.slice(0, host.indexOf('.'));
  return draft.rules.some(({ value }) => label(value) === label(domain));
}

function noteLists(draft: Draft, row: ListedAiDomain): void {
  for (const source of row.sources) draft.lists.add(source);
}

/** @param ordinary what the lists say of the app beside its AI: it then keeps the category of what it is for */
function addApp(
  drafts: Drafts,
  row: ListedAiDomain,
  rules: readonly string[],
  ordinary: ListedDomain | undefined,
): Draft | undefined {
  const name = nameOf(row);
  const aiKind = kindOf(row.hints);
  const ids = [slug(name), slug(row.domain), `${slug(row.domain)}-app`];
  const id = ids.find((text) => text !== '' && !drafts.has(text));
  if (!id) return undefined;
  const embedded = aiKind === 'EMBEDDED_FEATURE' && ordinary ? cloudCategory(ordinary) : undefined;
  return drafts.add({ id, name, vendor: '', description: '', category: embedded ?? categoryOf(aiKind), aiKind }, rules);
}

/** The best written of the names; the domain where a list gives none, or one that fits another product. */
function nameOf(row: ListedAiDomain): string {
  const [first] = row.names;
  if (!first || first.length > 60) return row.domain;
  if (first !== first.toLowerCase()) return first;
  return row.names.find((name) => name !== name.toLowerCase() && nameKey(name) === nameKey(first)) ?? first;
}
