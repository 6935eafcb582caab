import { categoryOf, kindOf } from './ai-kinds.js';
import type { Curated } from './curated.js';
import type { Draft, Drafts } from './draft.js';
import type { ListedAiDomain } from './fact-lists.js';
import { nameKey, slug } from './slug.js';

const CONFIDENT = new Set(['A', 'B']);

/**
 * Goes through the domains that the public lists call generative AI. Those of curated apps lend them their lists; of
 * the others, the ones that a curated list or two directories name become apps of their own, where the whole domain is
 * the app.
 */
export function addListedAiApps(drafts: Drafts, rows: readonly ListedAiDomain[], curated: Curated): void {
  const byName = aliasesOf(drafts, curated);
  for (const row of rows) {
    const owner = [row.domain, ...row.hosts].map((host) => drafts.ownerOf(host)).find((draft) => draft !== undefined);
    if (owner) {
      noteLists(owner, row);
      continue;
    }
    if (!CONFIDENT.has(row.confidence) || row.generalPurpose || curated.leftOut.has(row.domain)) continue;
    const twin = row.names.map((name) => byName.get(nameKey(name))).find((draft) => draft !== undefined);
    const draft = twin ?? addApp(drafts, row);
    if (twin) drafts.claim(twin, row.domain);
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

function noteLists(draft: Draft, row: ListedAiDomain): void {
  for (const source of row.sources) draft.lists.add(source);
}

function addApp(drafts: Drafts, row: ListedAiDomain): Draft {
  const name = nameOf(row);
  const aiKind = kindOf(row.hints);
  const ids = [slug(name), slug(row.domain)].filter((id) => id !== '' && !drafts.has(id));
  const id = ids[0] ?? `${slug(row.domain)}-app`;
  return drafts.add({ id, name, vendor: '', description: '', category: categoryOf(aiKind), aiKind }, [row.domain]);
}

/** The best written of the names; the domain where a list gives none, or one that fits another product. */
function nameOf(row: ListedAiDomain): string {
  const [first] = row.names;
  if (!first || first.length > 60) return row.domain;
  if (first !== first.toLowerCase()) return first;
  return row.names.find((name) => name !== name.toLowerCase() && nameKey(name) === nameKey(first)) ?? first;
}
