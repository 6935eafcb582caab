import { cloudCategory } from './cloud-categories.js';
import type { Curated } from './curated.js';
import type { Drafts } from './draft.js';
import type { ListedDomain } from './fact-lists.js';
import { nameKey, slug } from './slug.js';

const MIN_LISTS = 4;
const MAX_DOMAINS = 60;
/** Companies of many products, which are listed one by one; their own name is no app. */
const COMPANIES = new Set(['microsoft', 'google', 'amazon', 'meta', 'apple', 'tencent', 'alibaba', 'baidu', 'sony']);
/** What the lists note behind a name. */
const NOTE = /\s*(\((partial|false MCB|needs testing)\)|\[[A-Z]{2}\])$/;

/**
 * Adds the domains that several independent public lists name, where they agree on a category, and gives curated and
 * listed apps the further domains of the same name that also carry it.
 */
export function addListedCloudApps(drafts: Drafts, domains: ReadonlyMap<string, ListedDomain>, curated: Curated): void {
  const byName = groupByName([...domains.values()].filter((row) => !curated.leftOut.has(row.domain)));
  for (const app of curated.cloudApps) {
    const draft = drafts.all().find(({ id }) => id === app.id);
    for (const row of draft ? namesakes(byName, app.name) : []) {
      if (draft && !drafts.ownerOf(row.domain)) drafts.claim(draft, row.domain);
    }
  }
  for (const row of domains.values()) {
    if (row.sources.length < MIN_LISTS || drafts.ownerOf(row.domain) || curated.leftOut.has(row.domain)) continue;
    const name = withoutSuffix(row.name.replace(NOTE, ''), row.domain);
    const id = slug(name) || slug(row.domain);
    const category = cloudCategory(row);
    if (!category || drafts.has(id) || REGIONAL.test(row.domain) || COMPANIES.has(nameKey(name))) continue;
    const others = namesakes(byName, row.name).filter((other) => !drafts.ownerOf(other.domain));
    const rules = [row.domain, ...others.map((other) => other.domain)];
    drafts.add({ id, name, vendor: '', description: '', category, aiKind: '' }, [...new Set(rules)]);
  }
}

/** The lists write some names of several words with the end of their domain: `Western Union.com`. */
function withoutSuffix(name: string, domain: string): string {
  const suffix = domain.slice(domain.indexOf('.'));
  return name.includes(' ') && name.toLowerCase().endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** Country shops and company pages of apps that are there already under their main domain. */
const REGIONAL = /^(amazon|ebay|mercadoli[bv]re|mercadopago|google|microsoft|adobe|nvidia|ibm|meta|apple|atlassian)\./;

function groupByName(domains: readonly ListedDomain[]): Map<string, ListedDomain[]> {
  const groups = new Map<string, ListedDomain[]>();
  for (const row of domains) {
    const key = nameKey(row.name);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}

/** Further domains of the name, where the domain itself begins with the name: `slackb.com` of Slack. */
function namesakes(byName: Map<string, ListedDomain[]>, name: string): ListedDomain[] {
  const key = nameKey(name);
  if (key.length < 4) return [];
  return (byName.get(key) ?? []).filter((row) => nameKey(row.domain).startsWith(key)).slice(0, MAX_DOMAINS);
}
