import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AiKind, MatchRuleKind } from '#contracts';
import type { AppRecord } from '../../services/catalog/src/domain/app-record.js';
import { readCatalog } from './data.js';
import type { CheckedRows, RowProblem, RuleClash } from './import-rows.js';
import { placeRow, readLeftOut, type ImportHeader, type KnownApp, type Withheld } from './imports.js';

/** A value that an import brings, and what the catalog says today. */
export interface ValueChange {
  readonly app: string;
  readonly factor: string;
  readonly value: string;
  readonly before?: string;
  /** Who says what the catalog says today. */
  readonly source?: string;
}

/** What an import would change in the catalog as it is compiled now. */
export interface ImportDiff {
  readonly source: string;
  readonly rows: number;
  readonly problems: readonly RowProblem[];
  readonly newApps: readonly { readonly id: string; readonly name: string; readonly rules: readonly string[] }[];
  readonly newRules: readonly { readonly app: string; readonly rule: string }[];
  readonly newValues: readonly ValueChange[];
  readonly changedValues: readonly ValueChange[];
  /** Values that stay as they are, because somebody curated them. */
  readonly keptValues: readonly ValueChange[];
  readonly conflicts: readonly RuleClash[];
  /** Rules that no import gets: shared infrastructure, and whole domains of companies of many products. */
  readonly withheld: readonly Withheld[];
  /** Apps that the list calls generative AI and the catalog does not: that is for a person to decide. */
  readonly saysAi: readonly { readonly app: string; readonly aiKind: string }[];
  /** Rows that belong to no app. */
  readonly nowhere: readonly { readonly name: string; readonly reason: string }[];
}

/** Compares an import with the catalog that a data folder holds. */
export function diffImport(header: ImportHeader, checked: CheckedRows, dataFolder: string): ImportDiff {
  const apps = readCatalog(dataFolder).apps;
  const lists = listNames(dataFolder);
  const byId = new Map<string, AppRecord>(apps.map((app) => [app.id, app]));
  const index = new CatalogOwners(apps);
  const leftOut = readLeftOut(dataFolder);
  const diff = {
    source: header.source,
    rows: checked.rows.length,
    problems: checked.problems,
    newApps: [] as { id: string; name: string; rules: readonly string[] }[],
    newRules: [] as { app: string; rule: string }[],
    newValues: [] as ValueChange[],
    changedValues: [] as ValueChange[],
    keptValues: [] as ValueChange[],
    conflicts: [...checked.clashes],
    withheld: [] as Withheld[],
    saysAi: [] as { app: string; aiKind: string }[],
    nowhere: [] as { name: string; reason: string }[],
  };
  for (const row of checked.rows) {
    const place = placeRow(row, index, leftOut);
    if (place.kind === 'nowhere') {
      diff.nowhere.push({ name: row.name, reason: place.reason });
      continue;
    }
    diff.conflicts.push(...place.taken);
    diff.withheld.push(...place.withheld);
    if (place.kind === 'new') {
      diff.newApps.push({ id: place.id, name: row.name, rules: place.claims });
      index.add({ id: place.id, name: row.name }, place.claims);
    } else {
      for (const rule of place.claims) diff.newRules.push({ app: place.id, rule });
      index.add({ id: place.id, name: row.name }, place.claims);
    }
    const app = byId.get(place.id);
    if (app && row.aiKind !== '' && app.aiKind === AiKind.UNSPECIFIED) {
      diff.saysAi.push({ app: app.id, aiKind: row.aiKind });
    }
    for (const [factor, value] of Object.entries(row.facts)) {
      const fact = app?.facts.find(({ factorId }) => factorId === factor);
      if (!fact) diff.newValues.push({ app: place.id, factor, value });
      else if (fact.value !== value) {
        const change = { app: place.id, factor, value, before: fact.value, source: fact.source };
        const gives = fact.source === header.url || lists.has(fact.source);
        (gives ? diff.changedValues : diff.keptValues).push(change);
      }
    }
  }
  return diff;
}

/** The counts of a diff, by what they count. */
export function diffCounts(diff: ImportDiff): Readonly<Record<string, number>> {
  return {
    rows: diff.rows,
    newApps: diff.newApps.length,
    newRules: diff.newRules.length,
    newValues: diff.newValues.length,
    changedValues: diff.changedValues.length,
    keptValues: diff.keptValues.length,
    conflicts: diff.conflicts.length,
    withheld: diff.withheld.length,
    saysAi: diff.saysAi.length,
    nowhere: diff.nowhere.length,
    problems: diff.problems.length,
  };
}

/** Names of the public lists in the catalog's header; what they say gives way to an import. */
function listNames(dataFolder: string): ReadonlySet<string> {
  const [header = '{}'] = readFileSync(join(dataFolder, 'apps.jsonl'), 'utf8').split('\n', 1);
  const { sources = {} } = JSON.parse(header) as { sources?: Record<string, { name: string }> };
  return new Set(Object.values(sources).map(({ name }) => name));
}

class CatalogOwners {
  private readonly hosts = new Map<string, KnownApp>();
  private readonly ids = new Set<string>();

  constructor(apps: readonly AppRecord[]) {
    for (const app of apps) {
      this.ids.add(app.id);
      for (const { kind, value } of app.rules) {
        if (kind === MatchRuleKind.DOMAIN || kind === MatchRuleKind.HOST) this.hosts.set(value, app);
      }
    }
  }

  ownerOf(host: string): KnownApp | undefined {
    return this.hosts.get(host);
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  add(app: KnownApp, rules: readonly string[]): void {
    this.ids.add(app.id);
    for (const rule of rules) this.hosts.set(rule.replace(/^=/, ''), app);
  }
}
