import { DomainError } from '#kernel';
import { PROTO_ENUMS } from '../graphql/enums.js';
import type { ListAppsInit } from '../resolvers/app-list-filter.js';

export type ExportFormat = 'csv' | 'jsonl';

/** What an export is to hold. */
export interface ExportQuery {
  readonly format: ExportFormat;
  readonly filter: ListAppsInit;
}

type Filter = { -readonly [Field in keyof ListAppsInit]: ListAppsInit[Field] };
type FactorFilter = NonNullable<ListAppsInit['factors']>[number];

const invalid = (field: string, message: string): DomainError =>
  new DomainError('invalid', 'export.parameter-invalid', message, { field });

/**
 * Reads the parameters of an export: `format` and the fields of `AppListFilter`. Lists are given with commas or by naming
 * the parameter again; `factors` has one condition each: `soc2` (known), `!soc2` (unknown), `soc2:true` or
 * `headquarters:US,DE` (any of these values), `founded:2010..`, `founded:2010..2015` (a range, both ends included).
 *
 * @throws DomainError `export.parameter-invalid` with the parameter
 */
export function readExportQuery(parameters: Readonly<Record<string, unknown>>): ExportQuery {
  const { format, ...others } = parameters;
  if (format !== 'csv' && format !== 'jsonl') throw invalid('format', 'The format is csv or jsonl.');
  const filter: Filter = {};
  for (const [name, given] of Object.entries(others)) {
    const texts = (Array.isArray(given) ? given : [given]) as unknown[];
    if (!texts.every((text) => typeof text === 'string')) throw invalid(name, 'That is no text.');
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (!read) throw invalid(name, 'There is no such parameter.');
    read(filter, texts, name);
  }
  return { format, filter };
}

type Reader = (filter: Filter, texts: readonly string[], name: string) => void;

const READERS: Readonly<Record<string, Reader>> = {
  search: (filter, texts, name) => (filter.search = once(texts, name)),
  domain: (filter, texts, name) => (filter.domain = once(texts, name)),
  categories: (filter, texts, name) => (filter.categories = enums(PROTO_ENUMS.AppCategory, texts, name)),
  aiKinds: (filter, texts, name) => (filter.aiKinds = enums(PROTO_ENUMS.AiKind, texts, name)),
  generativeAi: (filter, texts, name) => (filter.generativeAi = yesOrNo(texts, name)),
  labelIds: (filter, texts) => (filter.labelIds = texts.flatMap((text) => text.split(','))),
  unscored: (filter, texts, name) => (filter.unscored = yesOrNo(texts, name)),
  minScore: (filter, texts, name) => (filter.minScore = number(once(texts, name), name)),
  maxScore: (filter, texts, name) => (filter.maxScore = number(once(texts, name), name)),
  minConfidence: (filter, texts, name) => (filter.minConfidence = number(once(texts, name), name)),
  maxConfidence: (filter, texts, name) => (filter.maxConfidence = number(once(texts, name), name)),
  factors: (filter, texts, name) => (filter.factors = texts.map((text) => factor(text, name))),
};

function once(texts: readonly string[], name: string): string {
  if (texts.length !== 1) throw invalid(name, 'It may be given once.');
  return texts[0]!;
}

function yesOrNo(texts: readonly string[], name: string): boolean {
  const text = once(texts, name);
  if (text !== 'true' && text !== 'false') throw invalid(name, 'It is true or false.');
  return text === 'true';
}

function number(text: string, name: string): number {
  if (!/^-?\d{1,15}(\.\d{1,15})?$/.test(text)) throw invalid(name, 'That is no number.');
  return Number(text);
}

function enums(values: Readonly<Record<string, number>>, texts: readonly string[], name: string): number[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => {
      if (!Object.hasOwn(values, text)) throw invalid(name, `There is no "${text.slice(0, 60)}".`);
      return values[text]!;
    });
}

function factor(text: string, name: string): FactorFilter {
  if (text.startsWith('!')) return { factorId: text.slice(1), known: false };
  const colon = text.indexOf(':');
  if (colon < 0) return { factorId: text };
  const [factorId, condition] = [text.slice(0, colon), text.slice(colon + 1)];
  const range = /^(-?[\d.]*?)\.\.(-?[\d.]*)$/.exec(condition);
  if (!range) return { factorId, values: condition.split(',') };
  const [min, max] = [range[1]!, range[2]!].map((bound) => (bound === '' ? undefined : number(bound, name)));
  return { factorId, min, max };
}
