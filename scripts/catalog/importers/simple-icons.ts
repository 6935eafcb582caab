import { parse } from 'tldts';
import { hostOf, textOf, type BadRow, type ImportedRow, type Importer, type ImportInput } from './importer.js';
import { fieldsOf, itemsOf, parseJsonWithLines } from './json-lines.js';
import { nameKey } from '../slug.js';

/**
 * Brands with the page their icon was taken from. Only a page whose domain begins with the brand's name says whose
 * domain that is; the other pages are those of encyclopedias, shops and code hosts.
 */
export const simpleIcons: Importer = {
  id: 'simple-icons',
  name: 'simple-icons',
  url: 'https://github.com/simple-icons/simple-icons',
  licence: 'CC0-1.0',
  format: 'data/simple-icons.json',
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    const document = parseJsonWithLines(text);
    const icons = Array.isArray(document.value) ? document.value : itemsOf(fieldsOf(document.value)['icons']);
    for (const value of icons) {
      const icon = fieldsOf(value);
      const line = document.lineOf(value);
      const name = textOf(icon['title']);
      if (name === '') yield { line, refused: 'has no title' };
      const domain = [icon['source'], icon['guidelines']]
        .map((page) => parse(hostOf(page) ?? '', { allowPrivateDomains: true }).domain ?? '')
        .find((each) => each !== '' && name !== '' && nameKey(each).startsWith(nameKey(name)));
      if (domain) yield { line, name, domains: [domain] };
    }
  },
};
