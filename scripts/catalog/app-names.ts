import type { ListedDomain } from './fact-lists.js';
import { nameKey } from './slug.js';

/** What the lists note behind a name. */
const NOTE =
  /(\s*(\((partial|false MCB|MCB|needs testing|mismatch\w*|problematic|mixed content)[^)]*\)|\[[A-Z]{2}\]))+$/i;
const INVISIBLE = /[\u200b-\u200f\ufeff\u00ad]/g;
const MAX_NAME = 80;
/** Words that initials often leave out. */
const SMALL = new Set(['of', 'the', 'and', 'for', 'de', 'la', 'du', 'der', 'und']);
/** Shorter names that are written with the end of a domain are of whoever has that very domain: `mail.com`. */
const MIN_BARE = 5;
/** Lists that note under which name a site is asked or drawn, which may be that of a part of it; and lists of services. */
const LOOSE = new Set(['kagi-bangs', 'public-apis', 'gilbarbara', 'simple-icons', 'opentermsarchive']);
const CAREFUL = new Set(['2fa', 'jdm', 'yc', 'fedramp', 'probo', 'hibp', 'v2fly-services', 'sso-tax']);

/** The name of a listed domain, without what the lists note behind it; the domain where the name is that of a part. */
export function appName(row: ListedDomain): string {
  const name = withoutSuffix(row.name.replace(INVISIBLE, '').replace(NOTE, '').trim(), row.domain);
  if (name === '' || name.length > MAX_NAME || /^https?:/.test(name)) return row.domain;
  const isLoose = row.sources.some((source) => LOOSE.has(source)) && !row.sources.some((source) => CAREFUL.has(source));
  return isLoose && !fits(name, row.domain) ? row.domain : name;
}

/** Names with the same key are of one app: without the end of the own domain (`AbeBooks.co.uk`, `Linguee PL`). */
export function groupKey(name: string, domain: string): string {
  const suffix = domain.slice(domain.indexOf('.'));
  const country = suffix.slice(suffix.lastIndexOf('.') + 1);
  let bare = name;
  if (bare.toLowerCase().endsWith(suffix) && bare.length - suffix.length >= MIN_BARE)
    bare = bare.slice(0, -suffix.length);
  const last = bare.split(' ').at(-1) ?? '';
  if (bare.includes(' ') && last.length === 2 && last.toLowerCase() === country) bare = bare.slice(0, -3);
  return nameKey(bare) || nameKey(name);
}

/** Whether a domain carries the name: `slackb.com` that of Slack. */
export function carries(domain: string, key: string): boolean {
  return key.length >= 4 ? nameKey(domain).startsWith(key) : label(domain) === key;
}

/** Whether name and domain have a word or the initials in common. */
export function fits(name: string, domain: string): boolean {
  const own = label(domain);
  const key = nameKey(name);
  // Names in other scripts are written otherwise in a domain.
  if (/[^\x00-\x7f]/.test(key)) return true;
  if (key.includes(own) || own.includes(key)) return true;
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const initials = [words, words.filter((word) => !SMALL.has(word))].map((some) =>
    some.map((word) => word.charAt(0)).join(''),
  );
  if (initials.some((letters) => letters.length >= 2 && own.startsWith(letters))) return true;
  return words.some((word) => word.length >= 4 && own.includes(word));
}

/** The lists write some names of several words with the end of their domain: `Western Union.com`. */
function withoutSuffix(name: string, domain: string): string {
  const suffix = domain.slice(domain.indexOf('.'));
  return name.includes(' ') && name.toLowerCase().endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** The first part of a domain, letters and digits only. */
function label(domain: string): string {
  return nameKey(domain.slice(0, domain.indexOf('.')));
}
