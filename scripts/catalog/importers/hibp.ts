import { textOf, type BadRow, type ImportedRow, type Importer, type ImportInput } from './importer.js';
import { fieldsOf, parseJsonWithLines } from './json-lines.js';

/** Breaches by domain: the latest day, and how many accounts all of them exposed. */
export const hibp: Importer = {
  id: 'hibp',
  name: 'Have I Been Pwned',
  url: 'https://haveibeenpwned.com/',
  licence: 'CC BY 4.0',
  format: 'api/v3/breaches as JSON',
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    const document = parseJsonWithLines(text);
    if (!Array.isArray(document.value)) throw new Error('it is no list of breaches');
    const byDomain = new Map<string, { line: number; name: string; latest: string; accounts: number }>();
    for (const value of document.value) {
      const breach = fieldsOf(value);
      const line = document.lineOf(value);
      const domain = textOf(breach['Domain']).toLowerCase();
      const name = textOf(breach['Title']) || textOf(breach['Name']);
      const date = textOf(breach['BreachDate']);
      const count = Number(breach['PwnCount']);
      // Not breaches of a service: invented data, address lists of spammers, loot of malware.
      if (breach['IsFabricated'] === true || breach['IsSpamList'] === true || breach['IsMalware'] === true) continue;
      if (name === '') yield { line, refused: 'has no name' };
      else if (domain === '') yield { line, refused: `${name}: names no domain` };
      else if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) yield { line, refused: `${name}: has no date (YYYY-MM-DD)` };
      else if (!Number.isSafeInteger(count) || count < 0) yield { line, refused: `${name}: has no number of accounts` };
      else {
        const before = byDomain.get(domain) ?? { line, name, latest: '', accounts: 0 };
        const latest = date > before.latest ? date : before.latest;
        byDomain.set(domain, { ...before, latest, accounts: before.accounts + count });
      }
    }
    for (const [domain, { line, name, latest, accounts }] of byDomain) {
      const facts = { 'latest-breach': latest, 'breached-accounts': String(accounts) };
      yield { line, name, domains: [], about: [domain], facts };
    }
  },
};
