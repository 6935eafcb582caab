import { readRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { appName } from './app-names.js';
import { categoryOf } from './cloud-categories.js';
import type { Curated } from './curated.js';
import type { Draft, Drafts } from './draft.js';
import type { ListedDomain } from './fact-lists.js';
import { byNameKey, isDomainListOnly, isScopeOnly, splitGroup, type NameGroup } from './name-groups.js';
import { nameKey, slug } from './slug.js';

const MAX_DOMAINS = 60;
/** Companies of many products, which are listed one by one; their own name is no app. */
const COMPANIES = new Set(['microsoft', 'google', 'amazon', 'meta', 'apple', 'tencent', 'alibaba', 'baidu', 'sony']);
/** Country shops and company pages of apps that are there already under their main domain. */
const REGIONAL = /^(amazon|ebay|mercadoli[bv]re|mercadopago|google|microsoft|adobe|nvidia|ibm|meta|apple|atlassian)\./;
/** Ends of a country; some are sold for their letters. */
const IN_COUNTRY = /^[^.]+\.(com?\.)?(?!(io|me|tv|cc|co|ai|fm|ly|to|gg|sh|so|ws|la|im|is)$)[a-z]{2}$/;
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
  const groups = [...byName]
    .filter(([key]) => !COMPANIES.has(key))
    .flatMap(([key, rows]) =>
      splitGroup(
        key,
        rows.filter(({ domain }) => !REGIONAL.test(domain)),
      ),
    );
  for (const group of groups.sort(byFame)) addGroup(drafts, group);
}

/** The best known first: they have the first choice of an id. */
function byFame(a: NameGroup, b: NameGroup): number {
  const fame = ({ rows }: NameGroup) => Math.max(...rows.map((row) => row.sources.length));
  const domain = ({ rows }: NameGroup) => rows[0]?.domain ?? '';
  return fame(b) - fame(a) || (domain(a) < domain(b) ? -1 : 1);
}

function addGroup(drafts: Drafts, { name, rows }: NameGroup): void {
  const owner = rows.map((row) => drafts.ownerOf(row.domain)).find((draft) => draft !== undefined);
  const free = rows.filter((row) => !drafts.ownerOf(row.domain));
  if (!owner) addApp(drafts, name, free);
  else for (const row of free) addBesideOwner(drafts, owner, row);
}

/** Another domain of a name that has an app: in another country it is the same app, else what it is called by itself. */
function addBesideOwner(drafts: Drafts, owner: Draft, row: ListedDomain): void {
  const isSame = IN_COUNTRY.test(row.domain) && owner.rules.some(({ value }) => label(value) === label(row.domain));
  if (isSame && owner.aiKind === '' && owner.rules.length < MAX_DOMAINS) drafts.claim(owner, row.domain);
  else if (!isSame && !isDomainListOnly(row) && !isScopeOnly(row)) addApp(drafts, row.domain, [row]);
}

function addApp(drafts: Drafts, name: string, rows: readonly ListedDomain[]): void {
  const domains = rows.map((row) => row.domain);
  const id = [slug(name), ...domains.map(slug)].find((text) => text && !drafts.has(text) && !text.startsWith(RESERVED));
  if (!id) return;
  const vendor = rows.map((row) => row.facts['fedramp_csp']).find((text) => typeof text === 'string') ?? '';
  const category = categoryOf(rows);
  // A bare domain that a list of domains has, and that nothing says anything of, is not known to be an app.
  if (category === 'OTHER' && rows.every(isDomainListOnly)) return;
  const details = { name, vendor: vendor === name ? '' : vendor, description: '' };
  drafts.add({ id, ...details, category, aiKind: '' }, domains.slice(0, MAX_DOMAINS));
}

function label(domain: string): string {
  return domain.slice(0, domain.indexOf('.'));
}

/** A start-up that closed and that no other list knows is no app any more; a name that many owners share never was. */
function isUsable(drafts: Drafts, row: ListedDomain): boolean {
  if (ADULT.test(row.domain) || ADULT.test(row.name)) return false;
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
