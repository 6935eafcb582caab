import { appName, carries, fits, groupKey } from './app-names.js';
import type { ListedDomain } from './fact-lists.js';
import { nameKey } from './slug.js';

/** Domains that are taken for one app, the one it is known by first. */
export interface NameGroup {
  readonly name: string;
  readonly rows: readonly ListedDomain[];
}

/** Lists that give all domains of one service under its name. */
const SERVICE_LISTS = new Set(['2fa', 'jdm']);
/** Lists of what the bounty programs of a company cover: its domains, not its apps. */
const SCOPES = new Set(['pd-bugbounty', 'bounty-targets', 'diodb']);
/** More domains without one that carries the name are the property of a company or a state, not an app. */
const MAX_UNNAMED = 8;

/** The domains that share a name, by key. */
export function byNameKey(rows: Iterable<ListedDomain>): Map<string, ListedDomain[]> {
  const groups = new Map<string, ListedDomain[]>();
  for (const row of rows) {
    const key = groupKey(appName(row), row.domain);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/**
 * Splits the domains that share a name into apps. Start-ups of the same name are different ones; domains that carry the
 * name are one app, with those that a list of services adds; others stand for themselves. What only a bounty program
 * covers, or only a list of a company's domains has, is no app unless it carries the name: such lists also have the
 * delivery networks that a company shares with others.
 */
export function splitGroup(key: string, rows: readonly ListedDomain[]): NameGroup[] {
  const startUps = rows.filter(isStartUpOnly);
  const others = rows.filter((row) => !isStartUpOnly(row)).sort(better(key));
  const carriers = others.filter((row) => carries(row.domain, key) || (isScopeOnly(row) && holds(row.domain, key)));
  const rest = others.filter((row) => !carriers.includes(row));
  const served = rest.filter(
    (row) =>
      row.sources.some((source) => SERVICE_LISTS.has(source)) ||
      (isDomainListOnly(row) && fits(appName(row), row.domain)),
  );
  const alone = rest.filter(
    (row) => !served.includes(row) && !isDomainListOnly(row) && !(isScopeOnly(row) && others.length > 1),
  );
  const known = served.some((row) => !isDomainListOnly(row)) ? served : [];
  const unnamed = known.length <= MAX_UNNAMED ? known : known.filter((row) => !isDomainListOnly(row));
  return [carriers.length > 0 ? [...carriers, ...served] : unnamed, ...[...startUps, ...alone].map((row) => [row])]
    .filter((group) => group.length > 0)
    .map((group) => ({ name: bestName(group), rows: group }))
    .filter(({ name, rows: group }) => !(group.every(isScopeOnly) && !group.some((row) => fits(name, row.domain))));
}

function isStartUpOnly({ sources }: ListedDomain): boolean {
  return sources.every((source) => source === 'yc');
}

export function isScopeOnly(row: ListedDomain): boolean {
  return row.sources.every((source) => SCOPES.has(source));
}

/** Whether only a list of the domains of companies names it. */
export function isDomainListOnly(row: ListedDomain): boolean {
  return row.sources.every((source) => source === 'v2fly-services');
}

/** Whether the name is somewhere in the domain. */
function holds(domain: string, key: string): boolean {
  return key.length >= 5 && nameKey(domain).includes(key);
}

/**
 * The name as the best known of the domains has it; a well written one over one in small letters or with the end of the
 * domain.
 */
function bestName(rows: readonly ListedDomain[]): string {
  const names = rows.map(appName);
  const [first = ''] = names;
  const end = rows[0]?.domain.slice(rows[0].domain.indexOf('.')) ?? '';
  const bare = first.toLowerCase().endsWith(end) ? nameKey(first.slice(0, -end.length)) : undefined;
  const isWritten = (name: string) => name !== name.toLowerCase();
  if (bare) return names.find((name) => nameKey(name) === bare && isWritten(name)) ?? first;
  return isWritten(first)
    ? first
    : (names.find((name) => nameKey(name) === nameKey(first) && isWritten(name)) ?? first);
}

/** Domains with more lists first, then those that carry the name, `.com`, short ones. */
function better(key: string) {
  const rank = (row: ListedDomain) => [
    carries(row.domain, key) ? 0 : 1,
    -row.sources.length,
    row.domain.endsWith('.com') ? 0 : 1,
    row.domain.length,
  ];
  return (a: ListedDomain, b: ListedDomain) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, index) => value !== right[index]);
    return at >= 0 ? (left[at] as number) - (right[at] as number) : a.domain < b.domain ? -1 : 1;
  };
}
