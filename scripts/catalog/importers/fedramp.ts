import { parse } from 'tldts';
import { hostOf, textOf, type BadRow, type ImportedRow, type Importer, type ImportInput } from './importer.js';
import { fieldsOf, itemsOf, parseJsonWithLines } from './json-lines.js';

const STATUS: Readonly<Record<string, string>> = {
  'FedRAMP Authorized': 'authorized',
  'FedRAMP Ready': 'ready',
  'FedRAMP In Process': 'in-process',
};
const RANK = ['in-process', 'ready', 'authorized'];

/**
 * Cloud offerings and how far their authorisation is. A provider with several offerings on one site has the best of
 * their states: the export does not say at which hosts an offering lives, so no domain is claimed.
 */
export const fedramp: Importer = {
  id: 'fedramp',
  name: 'GSA FedRAMP Marketplace',
  url: 'https://marketplace.fedramp.gov/',
  licence: 'public domain (US government work)',
  format: 'data.json of the marketplace: `data.Products` with csp, cso, status and website',
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    const document = parseJsonWithLines(text);
    const products = itemsOf(fieldsOf(fieldsOf(document.value)['data'])['Products']);
    if (products.length === 0) throw new Error('there is no list data.Products');
    const best = new Map<string, ImportedRow>();
    for (const value of products) {
      const product = fieldsOf(value);
      const line = document.lineOf(value);
      const name = textOf(product['cso']) || textOf(product['name']);
      const state = STATUS[textOf(product['status'])];
      const site = parse(hostOf(product['website']) ?? '', { allowPrivateDomains: true }).domain;
      if (name === '') yield { line, refused: 'has no name' };
      else if (!state) yield { line, refused: `"${textOf(product['status']).slice(0, 40)}" is no known status` };
      else if (!site) yield { line, refused: `${name}: has no website` };
      else {
        const before = best.get(site)?.facts?.['fedramp'];
        if (before !== undefined && RANK.indexOf(before) >= RANK.indexOf(state)) continue;
        best.set(site, {
          line,
          name: textOf(product['csp']) || name,
          domains: [],
          about: [site],
          facts: { fedramp: state },
        });
      }
    }
    yield* best.values();
  },
};
