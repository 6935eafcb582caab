import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { App, MatchRule } from '#contracts';
import { AiKind, AppCategory, MatchRuleKind, MatchRuleUse } from '#contracts';

const COLUMNS = [
  'id',
  'name',
  'category',
  'aiKind',
  'generativeAi',
  'vendor',
  'homepage',
  'description',
  'score',
  'confidence',
  'scoreOverrideReason',
  'custom',
  'owner',
  'labelIds',
  'updatedAt',
  'rules',
];
const LINE_END = '\r\n';

/** The first line of a CSV export: the columns of an app, then one for each risk factor. */
export function csvHead(factorIds: readonly string[]): string {
  return line([...COLUMNS, ...factorIds.map((id) => `factor.${id}`)]);
}

/** An app as a line of CSV (RFC 4180). What is unknown is empty. */
export function csvLine(app: App, factorIds: readonly string[]): string {
  const values = new Map(app.factors.map(({ factorId, value }) => [factorId, value]));
  return line([
    app.id,
    app.name,
    nameOf(AppCategory, app.category),
    nameOf(AiKind, app.aiKind),
    String(app.generativeAi),
    app.vendor,
    app.homepage,
    app.description,
    app.score === undefined ? '' : String(app.score),
    String(app.confidence),
    app.scoreOverrideReason,
    String(app.tenantId !== ''),
    app.owner,
    app.labelIds.join(' '),
    momentOf(app),
    app.rules.map(ruleText).join(' '),
    ...factorIds.map((id) => values.get(id) ?? ''),
  ]);
}

/** An app as a line of JSON, with the source and date of every factor. What is unknown is null or left out. */
export function jsonLine(app: App): string {
  const { id, name, generativeAi, vendor, homepage, description, score, confidence, scoreOverrideReason } = app;
  const shown = {
    id,
    name,
    category: nameOf(AppCategory, app.category) || null,
    aiKind: nameOf(AiKind, app.aiKind) || null,
    generativeAi,
    vendor: vendor || null,
    homepage: homepage || null,
    description: description || null,
    score: score ?? null,
    confidence,
    scoreOverrideReason: scoreOverrideReason || null,
    custom: app.tenantId !== '',
    owner: app.owner || null,
    labelIds: app.labelIds,
    updatedAt: momentOf(app) || null,
    rules: app.rules.map(({ kind, value, path, use }) => ({
      kind: MatchRuleKind[kind],
      value,
      ...(path && { path }),
      ...(use && { use: MatchRuleUse[use] }),
    })),
    factors: app.factors.map(({ factorId, value, source, observedOn }) => ({ factorId, value, source, observedOn })),
  };
  return `${JSON.stringify(shown)}\n`;
}

function line(cells: readonly string[]): string {
  return cells.map(cell).join(',') + LINE_END;
}

/**
 * Spreadsheets take a cell for a formula by its first character, also within quotes; with an apostrophe in front they do
 * not (OWASP, CSV injection).
 */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * As rules are written where they are entered: `name`, `=host`, `*.name`, `host/path`, `process:name`, `bundle:id`,
 * `ip:range`; `api:` before what programs call.
 */
function ruleText({ kind, value, path, use }: MatchRule): string {
  const before: Partial<Record<MatchRuleKind, string>> = {
    [MatchRuleKind.HOST]: '=',
    [MatchRuleKind.SUFFIX]: '*.',
    [MatchRuleKind.PROCESS]: 'process:',
    [MatchRuleKind.BUNDLE_ID]: 'bundle:',
    [MatchRuleKind.IP_RANGE]: 'ip:',
  };
  return `${use === MatchRuleUse.API ? 'api:' : ''}${before[kind] ?? ''}${value}${path}`;
}

function nameOf(names: Readonly<Record<number, string>>, value: number): string {
  return value === 0 ? '' : (names[value] ?? '');
}

function momentOf(app: App): string {
  return app.updatedAt ? timestampDate(app.updatedAt).toISOString() : '';
}
