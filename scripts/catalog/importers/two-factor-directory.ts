import type { BadRow, ImportedRow, Importer, ImportInput } from './importer.js';
import { textOf } from './importer.js';
import { fieldsOf, itemsOf, parseJsonWithLines } from './json-lines.js';

const METHODS = new Set(['u2f', 'totp', 'sms', 'call', 'email', 'custom-software', 'custom-hardware']);
/** The directory's keywords that say what an app is for. */
const CATEGORIES: Readonly<Record<string, string>> = {
  backup: 'CLOUD_STORAGE',
  betting: 'NEWS_AND_ENTERTAINMENT',
  cloud: 'CLOUD_COMPUTING_PLATFORM',
  communication: 'COMMUNICATIONS',
  creativity: 'PRODUCT_DESIGN',
  cryptocurrencies: 'ACCOUNTING_AND_FINANCE',
  developer: 'DEVELOPMENT_TOOLS',
  domains: 'HOSTING_SERVICES',
  education: 'EDUCATION',
  email: 'WEBMAIL',
  entertainment: 'NEWS_AND_ENTERTAINMENT',
  finance: 'ACCOUNTING_AND_FINANCE',
  banking: 'ACCOUNTING_AND_FINANCE',
  payments: 'ACCOUNTING_AND_FINANCE',
  health: 'HEALTH',
  hosting: 'HOSTING_SERVICES',
  identity: 'SECURITY',
  iot: 'INTERNET_OF_THINGS',
  retail: 'E_COMMERCE',
  marketing: 'MARKETING',
  security: 'SECURITY',
  social: 'SOCIAL_NETWORK',
  task: 'PROJECT_MANAGEMENT',
  transport: 'TRANSPORTATION_AND_TRAVEL',
  travel: 'TRANSPORTATION_AND_TRAVEL',
  vpn: 'SECURITY',
};

/** Which second factors a service offers: pairs of name and entry, or an object from names to entries. */
export const twoFactorDirectory: Importer = {
  id: '2fa-directory',
  name: '2factorauth/twofactorauth',
  url: 'https://2fa.directory/',
  licence: 'MIT',
  format: 'api/v3/all.json, or an entry of the repository as JSON',
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    const document = parseJsonWithLines(text);
    const pairs = Array.isArray(document.value)
      ? itemsOf(document.value).map((pair) => [itemsOf(pair)[0], itemsOf(pair)[1]])
      : Object.entries(fieldsOf(document.value));
    for (const [name, value] of pairs) {
      const entry = fieldsOf(value);
      const methods = [...itemsOf(entry['tfa'])].map(textOf).filter((method) => METHODS.has(method));
      const offered = itemsOf(entry['tfa']).length > 0;
      const keyword = itemsOf(entry['keywords'] ?? entry['categories'])
        .map(textOf)
        .find((word) => word in CATEGORIES);
      yield {
        line: document.lineOf(value),
        name: textOf(name),
        domains: [entry['domain'], ...itemsOf(entry['additional-domains'])].map(textOf).filter((each) => each !== ''),
        category: keyword && CATEGORIES[keyword],
        facts: {
          mfa: String(offered),
          'mfa-methods': methods.length > 0 ? [...new Set(methods)].sort().join(',') : undefined,
        },
      };
    }
  },
};
