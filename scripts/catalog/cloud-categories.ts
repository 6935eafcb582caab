import type { ListedDomain } from './fact-lists.js';

/** The categories of the two-factor list, which is the most careful of the lists. */
const BY_MFA: Readonly<Record<string, string>> = {
  retail: 'E_COMMERCE',
  banking: 'ACCOUNTING_AND_FINANCE',
  finance: 'ACCOUNTING_AND_FINANCE',
  investing: 'ACCOUNTING_AND_FINANCE',
  payments: 'ACCOUNTING_AND_FINANCE',
  cryptocurrencies: 'ACCOUNTING_AND_FINANCE',
  insurance: 'ACCOUNTING_AND_FINANCE',
  crowdfunding: 'ACCOUNTING_AND_FINANCE',
  developer: 'DEVELOPMENT_TOOLS',
  hosting: 'HOSTING_SERVICES',
  domains: 'HOSTING_SERVICES',
  gaming: 'NEWS_AND_ENTERTAINMENT',
  entertainment: 'NEWS_AND_ENTERTAINMENT',
  betting: 'NEWS_AND_ENTERTAINMENT',
  tickets: 'NEWS_AND_ENTERTAINMENT',
  food: 'E_COMMERCE',
  universities: 'EDUCATION',
  education: 'EDUCATION',
  social: 'SOCIAL_NETWORK',
  marketing: 'MARKETING',
  communication: 'COMMUNICATIONS',
  travel: 'TRANSPORTATION_AND_TRAVEL',
  transport: 'TRANSPORTATION_AND_TRAVEL',
  postal: 'SUPPLY_CHAIN_AND_LOGISTICS',
  security: 'SECURITY',
  identity: 'SECURITY',
  vpn: 'SECURITY',
  backup: 'CLOUD_STORAGE',
  cloud: 'CLOUD_COMPUTING_PLATFORM',
  email: 'WEBMAIL',
  health: 'HEALTH',
  creativity: 'PRODUCT_DESIGN',
  iot: 'INTERNET_OF_THINGS',
  task: 'PRODUCTIVITY',
  remote: 'IT_SERVICES',
};
const BY_WORD: readonly (readonly [word: RegExp, category: string])[] = [
  [/^Shopping\//, 'E_COMMERCE'],
  [/^News\/|^Entertainment\/|^Multimedia\//, 'NEWS_AND_ENTERTAINMENT'],
  [/Social news|Forum/, 'FORUMS'],
  [/^Online Services\/Social/, 'SOCIAL_NETWORK'],
  [/^Online Services\/Jobs/, 'HUMAN_RESOURCE_MANAGEMENT'],
  [/^Tech\/(Programming|Languages|Libraries|Downloads \(code)/, 'DEVELOPMENT_TOOLS'],
  [/^Tech\/Domains/, 'HOSTING_SERVICES'],
  [/^Tech\/Design/, 'PRODUCT_DESIGN'],
  [/^Research\/(Learning|Academic|Reference)/, 'EDUCATION'],
  [/^Research\/Travel/, 'TRANSPORTATION_AND_TRAVEL'],
  [/^Research\/Health|^Healthcare/, 'HEALTH'],
  [/Human Resources|RECRUITING|Recruiting|EMPLOYEE/, 'HUMAN_RESOURCE_MANAGEMENT'],
  [/Finance|Fintech|FINANCE/, 'ACCOUNTING_AND_FINANCE'],
  [/-> Security|^SECURITY|IDENTITY_PROVIDER|PASSWORD/, 'SECURITY'],
  [/-> Marketing|^MARKETING/, 'MARKETING'],
  [/-> Sales|^SALES/, 'SALES'],
  [/-> Analytics|^ANALYTICS|DATA_STORAGE/, 'DATA_ANALYTICS'],
  [/-> Engineering|^ENGINEERING|VERSION_CONTROL/, 'DEVELOPMENT_TOOLS'],
  [/-> Infrastructure|CLOUD_PROVIDER/, 'CLOUD_COMPUTING_PLATFORM'],
  [/CLOUD_MONITORING/, 'WEBSITE_MONITORING'],
  [/-> Productivity/, 'PRODUCTIVITY'],
  [/COLLABORATION/, 'COLLABORATION'],
  [/CUSTOMER_SUPPORT/, 'CUSTOMER_SUPPORT'],
  [/^Education/, 'EDUCATION'],
  [/Supply Chain/, 'SUPPLY_CHAIN_AND_LOGISTICS'],
  [/Real Estate/, 'PROPERTY_MANAGEMENT'],
  [/-> Retail/, 'E_COMMERCE'],
];

/** The category the public lists suggest for a domain; undefined where they do not agree with any of ours. */
export function cloudCategory(row: ListedDomain): string | undefined {
  const mfa = (row.facts['mfa_cats'] as string[] | undefined) ?? [];
  const careful = mfa.map((name) => BY_MFA[name]).find((category) => category !== undefined);
  if (careful) return careful;
  const words = [row.facts['bang_cat'], row.facts['cat']].filter((word) => typeof word === 'string');
  return words.flatMap((word) => BY_WORD.filter(([pattern]) => pattern.test(word)).map(([, category]) => category))[0];
}
