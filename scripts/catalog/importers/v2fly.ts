import type { BadRow, ImportedRow, Importer, ImportInput } from './importer.js';

const KINDS = new Set(['domain', 'full', 'keyword', 'regexp', 'include']);
/** Lists of generative AI by the names the project gives them. */
const AI_LIST = /(^|-)ai(-|$)/;
const MAX_INCLUDES = 500;

interface Group {
  readonly name: string;
  readonly line: number;
  readonly domains: string[];
}

/**
 * A file of `data/`. The list of a service is one app, named after the file. Of a `category-` list every included list
 * is an app, every group of lines below a comment is one named by the comment, and every other line is one by itself.
 */
export const v2fly: Importer = {
  id: 'v2fly',
  name: 'v2fly/domain-list-community',
  url: 'https://github.com/v2fly/domain-list-community',
  licence: 'MIT',
  format: 'a file of the folder data/, for example data/openai or data/category-ai-!cn beside the lists it includes',
  many: true,
  *read(input: ImportInput): Generator<ImportedRow | BadRow> {
    const isCategory = input.fileName.startsWith('category-') || AI_LIST.test(input.fileName);
    const isAi = AI_LIST.test(input.fileName);
    const ai = isAi ? { category: 'GENERATIVE_AI', aiKind: 'ASSISTANT' } : {};
    const apps: Group[] = [];
    const whole: Group = { name: input.name ?? input.fileName, line: 1, domains: [] };
    let group: Group | undefined;
    let included = 0;
    const lines = input.text.split('\n');
    for (const [at, raw] of lines.entries()) {
      const line = at + 1;
      const text = raw.trim();
      if (text === '') group = undefined;
      if (text.startsWith('#') && isCategory) group = { name: text.replace(/^#+\s*/, ''), line, domains: [] };
      const entry = entryOf(text);
      if (!entry) continue;
      if ('refused' in entry) {
        yield { line, refused: entry.refused };
      } else if (entry.kind === 'include') {
        const own = ++included > MAX_INCLUDES ? undefined : input.sibling(entry.value);
        if (own === undefined) yield { line, refused: `the list "${entry.value}" that it includes is not beside it` };
        else if (isCategory) apps.push({ name: entry.value, line, domains: domainsIn(own) });
        else whole.domains.push(...domainsIn(own));
      } else if (entry.kind === 'domain' || entry.kind === 'full') {
        const target = isCategory ? (group ?? { name: entry.value, line, domains: [] }) : whole;
        target.domains.push(ruleOf(entry));
        if (target !== whole && !apps.includes(target)) apps.push(target);
      }
    }
    for (const app of isCategory ? apps : [whole]) if (app.domains.length > 0) yield { ...app, ...ai };
  },
};

type Entry = { readonly kind: string; readonly value: string };

/** What a line says; keywords and expressions fit no rule and are passed over. */
function entryOf(line: string): Entry | { refused: string } | undefined {
  const [text = ''] = line.replace(/#.*$/, '').trim().split(/\s+/);
  if (text === '') return undefined;
  const colon = text.indexOf(':');
  const kind = colon < 0 ? 'domain' : text.slice(0, colon);
  if (!KINDS.has(kind)) return { refused: `"${kind.slice(0, 40)}" is no kind of entry` };
  return { kind, value: text.slice(colon + 1) };
}

function domainsIn(text: string): string[] {
  return text
    .split('\n')
    .map((line) => entryOf(line.trim()))
    .filter((entry): entry is Entry => entry !== undefined && 'kind' in entry)
    .filter(({ kind }) => kind === 'domain' || kind === 'full')
    .map(ruleOf);
}

function ruleOf({ kind, value }: Entry): string {
  return kind === 'full' ? `=${value}` : value;
}
