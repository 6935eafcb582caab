import type { BadRow, ImportedRow, Importer, ImportInput } from './importer.js';

/** One domain a line. The list knows no names, so each domain is an app by itself unless the catalog has it. */
export const ut1: Importer = {
  id: 'ut1',
  name: 'UT1 blacklists, Université Toulouse Capitole',
  url: 'https://dsi.ut-capitole.fr/blacklists/',
  licence: 'CC BY-SA 4.0',
  format: 'the file domains of a category; --category says what new apps are for',
  many: true,
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    let line = 0;
    for (const raw of text.split('\n')) {
      line += 1;
      const domain = raw.trim();
      if (domain !== '' && !domain.startsWith('#')) yield { line, name: domain, domains: [domain] };
    }
  },
};
