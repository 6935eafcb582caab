import { readRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { appName } from './app-names.js';
import { categoryOf } from './cloud-categories.js';
import type { Curated } from './curated.js';
import type { Draft, Drafts } from './draft.js';
import type { ListedDomain } from './fact-lists.js';
import { byNameKey, splitGroup, type NameGroup } from './name-groups.js';
import { nameKey, slug } from './slug.js';

const MAX_DOMAINS = 60;
/** Companies of many products, which are listed one by one; their own name is no app. */
const COMPANIES = new Set(['microsoft', 'google', 'amazon', 'meta', 'apple', 'tencent', 'alibaba', 'baidu', 'sony']);
/** Country shops and company pages of apps that are there already under their main domain. */
const REGIONAL = /^(amazon|ebay|mercadoli[bv]re|mercadopago|google|microsoft|adobe|nvidia|ibm|meta|apple|atlassian)\./;
/** Pages of pornography are no apps that an organisation weighs up. */
const ADULT = /porn|hentai|xxx|xvideo|xhamster|xnxx|redtube|youjizz|sexcam|livejasmin|chaturbate|bongacam|brazzers/i;
/** Ids that begin so are kept for the apps that tenants add. */
const RESERVED = 'custom-';

/**
 * Adds the domains that the public lists name, those that share a name as one app, and gives curated and listed apps
 * the further domains of the same name that also carry it.
 */
export function addListedCloudApps(drafts: Drafts, domains: ReadonlyMap<string, ListedDomain>, curated: Curated): void {
  const usable = [...domains.values()].filter((row) => !curated.leftOut.has(row.domain) && isUsable(drafts, row));
  const byName = byNameKey(usable);
  for (const app of curated.cloudApps) {
    const draft = drafts.get(app.id);
    for (const row of draft ? namesakes(byName, app.name) : []) {
      if (draft && !drafts.ownerOf(row.domain)) drafts.claim(draft, row.domain);
    }
  }
  const groups = [...byName].filter(([key]) => !COMPANIES.has(key)).flatMap(([key, rows]) => splitGroup(key, rows));
  for (const group of groups.sort(byFame)) addGroup(drafts, group);
}

/** The best known first: they have the first choice of an id. */
function byFame(a: NameGroup, b: NameGroup): number {
  const fame = ({ rows }: NameGroup) => Math.max(...rows.map((row) => row.sources.length));
  const domain = ({ rows }: NameGroup) => rows[0]?.domain ?? '';
  return fame(b) - fame(a) || (domain(a) < domain(b) ? -1 : 1);
}

function addGroup(drafts: Drafts, { name, carried, rows }: NameGroup): void {
  const owner = rows.map((row) => drafts.ownerOf(row.domain)).find((draft) => draft !== undefined);
  const free = rows.filter((row) => !drafts.ownerOf(row.domain)).map((row) => row.domain);
  if (free.length === 0) return;
  if (owner) {
    // What else carries the name of an AI app is not known to be the AI app.
    if (owner.aiKind === '' && carried) claimAll(drafts, owner, free);
    return;
  }
  const id = [slug(name), ...free.map(slug)].find((text) => text && !drafts.has(text) && !text.startsWith(RESERVED));
  if (!id) return;
  const vendor = rows.map((row) => row.facts['fedramp_csp']).find((text) => typeof text === 'string') ?? '';
  const details = { name, vendor: vendor === name ? '' : vendor, description: '' };
  drafts.add({ id, ...details, category: categoryOf(rows), aiKind: '' }, free.slice(0, MAX_DOMAINS));
}

function claimAll(drafts: Drafts, draft: Draft, domains: readonly string[]): void {
  for (const domain of domains.slice(0, Math.max(0, MAX_DOMAINS - draft.rules.length))) drafts.claim(draft, domain);
}

/** A start-up that closed and that no other list knows is no app any more; a name that many owners share never was. */
function isUsable(drafts: Drafts, row: ListedDomain): boolean {
  if (REGIONAL.test(row.domain) || ADULT.test(row.domain) || ADULT.test(row.name)) return false;
  if (row.facts['yc_status'] === 'Inactive' && row.sources.length === 1) return false;
  return 'rule' in readRule(row.domain) && !drafts.shared.has(row.domain);
}

/** Further domains of the name, where the domain itself begins with the name: `slackb.com` of Slack. */
function namesakes(byName: Map<string, ListedDomain[]>, name: string): ListedDomain[] {
  const key = nameKey(name);
  if (key.length < 4) return [];
  const rows = (byName.get(key) ?? []).filter((row) => nameKey(appName(row)) === key);
  return rows.filter((row) => nameKey(row.domain).startsWith(key)).slice(0, MAX_DOMAINS);
}
