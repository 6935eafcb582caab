import { appName } from './app-names.js';
import { categoryByWords } from './category-words.js';
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
  legal: 'BUSINESS_MANAGEMENT',
};
const BY_WORD: readonly (readonly [word: RegExp, category: string])[] = [
  [/^Shopping\/Tech \(domains\)|^Tech\/Domains/, 'HOSTING_SERVICES'],
  [/^Shopping\//, 'E_COMMERCE'],
  [/Social news|Forum/, 'FORUMS'],
  [
    /^News\/|^Entertainment\/|^Multimedia\/(Music|Video|Books|General)|^Tech\/(Blogs|Startups)/,
    'NEWS_AND_ENTERTAINMENT',
  ],
  [/^Multimedia\/(Images|Docs)/, 'CONTENT_SHARING'],
  [/^Online Services\/Social/, 'SOCIAL_NETWORK'],
  [/^Online Services\/Jobs/, 'HUMAN_RESOURCE_MANAGEMENT'],
  [/^Online Services\/Tracking/, 'SUPPLY_CHAIN_AND_LOGISTICS'],
  [/^Online Services\/Maps/, 'TRANSPORTATION_AND_TRAVEL'],
  [/fundraising|^Tech\/Crypto/, 'ACCOUNTING_AND_FINANCE'],
  [/^Online Services\/Tools|^Translation/, 'PRODUCTIVITY'],
  [/^Tech\/(Programming|Languages|Libraries|Downloads \(code)/, 'DEVELOPMENT_TOOLS'],
  [/^Tech\/(Sysadmin|Downloads)/, 'IT_SERVICES'],
  [/^Tech\/Design/, 'PRODUCT_DESIGN'],
  [/^Research\/(Learning|Academic|Reference)/, 'EDUCATION'],
  [/^Research\/Travel/, 'TRANSPORTATION_AND_TRAVEL'],
  [/^Research\/Food/, 'NEWS_AND_ENTERTAINMENT'],
  [/^Research\/Real Estate|Real Estate/, 'PROPERTY_MANAGEMENT'],
  [/^Research\/Health|^Healthcare/, 'HEALTH'],
  [/Human Resources|RECRUITING|Recruiting|EMPLOYEE|Job and Career/, 'HUMAN_RESOURCE_MANAGEMENT'],
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
  [/DOCUMENT_MANAGEMENT/, 'CONTENT_MANAGEMENT'],
  [/PRODUCT_AND_DESIGN/, 'PRODUCT_DESIGN'],
  [/^IT$/, 'IT_SERVICES'],
  [/^Education/, 'EDUCATION'],
  [/Supply Chain/, 'SUPPLY_CHAIN_AND_LOGISTICS'],
  [/-> Operations|Manufacturing/, 'OPERATIONS_MANAGEMENT'],
  [/-> (Legal|Office Management)/, 'BUSINESS_MANAGEMENT'],
  [/-> (Retail|Food and Beverage|Apparel)/, 'E_COMMERCE'],
  [/-> Social/, 'SOCIAL_NETWORK'],
  [/-> (Content|Gaming|Virtual)/, 'NEWS_AND_ENTERTAINMENT'],
  [/-> (Travel|Transportation|Automotive)/, 'TRANSPORTATION_AND_TRAVEL'],
  [/-> (Consumer Electronics|Drones)/, 'INTERNET_OF_THINGS'],
];
/** What these lists hold is for developers, whatever its name. */
const FOR_DEVELOPERS = new Set(['public-apis', 'gilbarbara']);
const OTHER = 'OTHER';

/** The category of an app: what the lists say of its domains, else what its names say, else `OTHER`. */
export function categoryOf(rows: readonly ListedDomain[]): string {
  const known = rows.map(cloudCategory).find((category) => category !== undefined);
  if (known) return known;
  const [first] = rows;
  const byWords = first && categoryByWords(appName(first), first.domain);
  if (byWords) return byWords;
  return first?.sources.every((source) => FOR_DEVELOPERS.has(source)) ? 'DEVELOPMENT_TOOLS' : OTHER;
}

/** The category the public lists suggest for a domain; undefined where they do not agree with any of ours. */
export function cloudCategory(row: ListedDomain): string | undefined {
  const mfa = (row.facts['mfa_cats'] as string[] | undefined) ?? [];
  const careful = mfa.map((name) => BY_MFA[name]).find((category) => category !== undefined);
  if (careful) return careful;
  const words = [row.facts['bang_cat'], row.facts['cat']].filter((word) => typeof word === 'string');
  return words.flatMap((word) => BY_WORD.filter(([pattern]) => pattern.test(word)).map(([, category]) => category))[0];
}
