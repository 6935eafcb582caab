import { certFacts } from './cert-facts.js';
import { countryOf } from './countries.js';
import type { ListedDomain } from './fact-lists.js';
import type { RawFacts } from './raw-facts.js';

type Read = (value: unknown) => readonly (readonly [factor: string, value: string | undefined])[];

const one = (factor: string, read: (value: string) => string | undefined) => (value: unknown) =>
  [[factor, read(String(value))]] as const;
const yes = (factor: string) => one(factor, (value) => (value === 'true' ? 'true' : undefined));
const url = (factor: string) => one(factor, (value) => (/^https?:\/\/\S{4,400}$/.test(value) ? value : undefined));
const table = (factor: string, values: Readonly<Record<string, string>>) => one(factor, (value) => values[value]);
const MFA_METHODS = new Set(['u2f', 'totp', 'sms', 'call', 'email', 'custom-software', 'custom-hardware']);

/** The name of a list in the rows, and its key among the sources of the catalog. */
type ListSource = readonly [list: string, source: string];

/** At least one. */
type ListSources = readonly [ListSource, ...ListSource[]];

const DISCLOSURE: ListSources = [
  ['pd-bugbounty', 'bounty-list'],
  ['bounty-targets', 'bounty-targets'],
  ['diodb', 'diodb'],
];
const ADDRESSES: ListSources = [
  ['probo', 'probo'],
  ['datenanfragen', 'datenanfragen'],
];

/**
 * For each kind of fact in the public lists: the source it comes from, or the first of the lists that names the domain,
 * and the factors it fills.
 */
const readers: Readonly<Record<string, { source: string | ListSources; read: Read }>> = {
  mfa: { source: '2fa', read: readMfa },
  delete: { source: 'jdm', read: one('account-deletion', (value) => value) },
  sso_price: {
    source: 'sso-tax',
    read: () => [
      ['saml-sso', 'true'],
      ['sso-price', 'surcharge'],
    ],
  },
  fedramp: {
    source: 'fedramp',
    read: table('fedramp', {
      'FedRAMP Authorized': 'authorized',
      'FedRAMP Ready': 'ready',
      'FedRAMP In Process': 'in-process',
    }),
  },
  certs: { source: 'probo', read: (value) => certFacts(value as string[]) },
  privacy_url: { source: 'probo', read: url('privacy-policy') },
  tos_url: { source: 'probo', read: url('terms-of-service') },
  dpa_url: { source: 'probo', read: url('data-processing-agreement') },
  subproc_url: { source: 'probo', read: url('subprocessors') },
  trust_url: { source: 'probo', read: url('trust-page') },
  hq: { source: 'yc', read: one('headquarters', countryOf) },
  hq_addr: { source: ADDRESSES, read: one('headquarters', countryOf) },
  launched: {
    source: 'yc',
    read: one('launched', (value) => new Date(Number(value) * 1000).toISOString().slice(0, 10)),
  },
  team: { source: 'yc', read: one('team-size', (value) => (Number(value) > 0 ? value : undefined)) },
  yc_status: { source: 'yc', read: one('company-status', (value) => value.toLowerCase()) },
  https: { source: 'public-apis', read: table('api-https', { Yes: 'true', No: 'false' }) },
  api_auth: { source: 'public-apis', read: readApiAuth },
  vdp: { source: DISCLOSURE, read: yes('vulnerability-disclosure') },
  bounty: { source: 'diodb', read: table('bug-bounty', { yes: 'true', partial: 'true', no: 'false' }) },
  safe_harbor: {
    source: 'diodb',
    read: table('safe-harbor', { full: 'full', yes: 'full', partial: 'partial', none: 'none' }),
  },
  breach: { source: 'hibp', read: one('latest-breach', (value) => value) },
  breach_count: { source: 'hibp', read: one('breached-accounts', (value) => value) },
  plaintext: { source: 'plaintext', read: table('plaintext-passwords', { offenders: 'yes', reformed: 'reformed' }) },
  gdpr_contact: { source: 'datenanfragen', read: () => [['privacy-contact', 'true']] },
  terms_tracked: { source: 'opentermsarchive', read: yes('terms-tracked') },
};

/** The factor values that the public lists know of a domain. */
export function listFacts(row: ListedDomain): RawFacts {
  const facts: RawFacts = new Map();
  for (const [key, { source: from, read }] of Object.entries(readers)) {
    if (!(key in row.facts)) continue;
    const source = sourceOf(row, from);
    for (const [factor, value] of read(row.facts[key])) {
      if (value !== undefined && value !== '' && !facts.has(factor)) facts.set(factor, [value, source]);
    }
  }
  return facts;
}

function sourceOf(row: ListedDomain, from: string | ListSources): string {
  if (typeof from === 'string') return from;
  const [, source] = from.find(([list]) => row.sources.includes(list)) ?? from[0];
  return source;
}

function readMfa(value: unknown): readonly (readonly [string, string])[] {
  if (value === 'none') return [['mfa', 'false']];
  const named: readonly string[] = Array.isArray(value) ? value : [];
  const methods = named.filter((method) => MFA_METHODS.has(method));
  if (methods.length === 0) return [['mfa', 'true']];
  return [
    ['mfa', 'true'],
    ['mfa-methods', [...new Set(methods)].sort().join(',')],
  ];
}

function readApiAuth(value: unknown): readonly (readonly [string, string | undefined])[] {
  const text = String(value).replaceAll('`', '');
  const known: Record<string, string> = { No: 'none', apiKey: 'API key', OAuth: 'OAuth' };
  // What is neither is a key that is sent under a name of its own.
  return [['api-auth', known[text] ?? (/^X-/.test(text) ? known['apiKey'] : undefined)]];
}
