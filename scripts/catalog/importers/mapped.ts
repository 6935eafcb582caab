import type { BadRow, ImportedRow } from './importer.js';

const FIELDS = new Set(['name', 'domain', 'domains', 'about', 'category', 'aiKind', 'vendor']);
/** What stands between several domains in one field. */
const SEPARATOR = /[\s,;|]+/;

export type Mapping = Readonly<Record<string, string>>;

/** Reads `name=Product,domain=Website,fact.soc2=SOC 2`. @throws Error naming what is wrong */
export function readMapping(text: string): Mapping {
  const mapping: Record<string, string> = {};
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const field = part.slice(0, at).trim();
    const column = part.slice(at + 1).trim();
    if (at < 1 || column === '') throw new Error(`"${part.trim()}" of the mapping is not FIELD=COLUMN`);
    if (!FIELDS.has(field) && !/^fact\.[a-z0-9-]+$/.test(field)) {
      throw new Error(`the mapping knows ${[...FIELDS].join(', ')} and fact.FACTOR, not "${field}"`);
    }
    mapping[field] = column;
  }
  return mapping;
}

/** A row of a generic list; `value` answers for a column or path, undefined where the row has none. */
export function mappedRow(
  line: number,
  mapping: Mapping,
  value: (column: string) => string | undefined,
): ImportedRow | BadRow {
  const field = (name: string): string => {
    const column = mapping[name] ?? name;
    return value(column)?.trim() ?? '';
  };
  const several = (name: string): string[] =>
    field(name)
      .split(SEPARATOR)
      .filter((text) => text !== '');
  const facts: Record<string, string> = {};
  for (const [name, column] of Object.entries(mapping)) {
    const text = name.startsWith('fact.') ? value(column)?.trim() : undefined;
    if (text !== undefined && text !== '') facts[name.slice('fact.'.length)] = text;
  }
  return {
    line,
    name: field('name'),
    domains: [...several('domain'), ...several('domains')],
    about: several('about'),
    category: field('category') || undefined,
    aiKind: field('aiKind') || undefined,
    vendor: field('vendor') || undefined,
    facts,
  };
}
