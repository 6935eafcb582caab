import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseCatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { UPDATE_SUFFIX } from '../../services/catalog/src/domain/update-file.js';
import { scored } from '../../services/catalog/src/domain/scored-app.js';
import { dataFolder } from '../catalog/data.js';
import { packCatalog, writeWhole } from '../catalog/update-files.js';
import type { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import type { Api } from './api.js';
import type { DiscoveredApp } from './story.js';
import type { Destination } from './traffic.js';
import { until } from './until.js';

/** Where a running product looks for updates, and a key it trusts. */
export interface UpdateFolder {
  readonly folder: string;
  /** PEM. */
  readonly privateKey: string;
}

/** An app that a catalog update made generative AI, and how that reached the laptops. Times from the file on, in ms. */
export interface TurnedApp {
  readonly appId: string;
  readonly name: string;
  readonly host: string;
  readonly users: number;
  readonly score: number | null;
  readonly aiKind: string;
  readonly fromVersion: string;
  readonly toVersion: string;
  readonly because: readonly string[];
  /** Until the app itself was changed: its event is in the log. */
  readonly changedMs: number;
  /** Until the policy matched it. */
  readonly matchedMs: number;
  /** Until a block list with its host was out. */
  readonly listedMs: number;
  /** Until every laptop had confirmed that list. */
  readonly appliedMs: number;
  /** What a laptop says of the host now. */
  readonly outcome: string;
}

export type CatalogUpdateStep =
  { readonly turned: TurnedApp; readonly skipped?: never } | { readonly skipped: string; readonly turned?: never };

export interface UpdateStage {
  readonly api: Api;
  readonly laptops: readonly DeviceSimulator[];
  readonly destinations: readonly Destination[];
  readonly seen: readonly DiscoveredApp[];
  /** The highest score that the policy blocks. */
  readonly maxScore: number;
  readonly updates: UpdateFolder | undefined;
  readonly say: (line: string) => void;
}

/** The times are as exact as this. */
const ASK_EVERY_MS = 20;
const AI_KIND = 'EMBEDDED_FEATURE';
/** What apps are for that are likely to get such a feature, the likeliest first. */
const LIKELY = ['PRODUCTIVITY', 'COLLABORATION', 'CONTENT_MANAGEMENT', 'CUSTOMER_SUPPORT', 'PRODUCT_DESIGN', 'CRM'];

interface Watched {
  readonly app: {
    readonly generativeAi: boolean;
    readonly score: number | null;
    readonly tag: { readonly tag: string | null; readonly matchedValues: readonly string[] } | null;
  };
  readonly blocklists: readonly { readonly revision: number; readonly delivery: { readonly applied: number } }[];
}

/**
 * Turns an ordinary app that people use into a generative-AI one by a signed catalog update, and follows what becomes
 * of it: the change of the app, the match of the policy, the block list with its host, the laptops.
 */
export async function playCatalogUpdate(stage: UpdateStage): Promise<CatalogUpdateStep> {
  const { say, updates } = stage;
  const skip = (skipped: string): CatalogUpdateStep => {
    say(`The step with the catalog update is left out: ${skipped}`);
    return { skipped };
  };
  if (!updates) return skip('no updates folder is known; give --updates FOLDER and --update-key FILE');
  const { catalogStatus: status } = await stage.api.query<{
    catalogStatus: { version: string; followsUpdates: boolean };
  }>('{ catalogStatus { version followsUpdates } }');
  if (!status.followsUpdates) return skip('this Gnomon takes no updates: GNOMON_CATALOG_UPDATES is not set');
  const text = catalogText();
  if (text === undefined) return skip('the catalog file of the repository is not there');
  const catalog = parseCatalogFile(text);
  if (catalog.version !== status.version) {
    return skip(`its catalog is ${status.version}, and an update made of ${catalog.version} would replace another`);
  }
  const chosen = choose(stage, catalog.apps);
  if (!chosen) return skip('nobody uses an ordinary app that the policy would block as generative AI');
  const toVersion = `${catalog.version}.1`;
  const file = packCatalog(turned(text, chosen.app.appId, toVersion), updates.privateKey);
  return { turned: await follow(stage, updates, chosen, { file, from: catalog.version, to: toVersion }) };
}

interface Chosen {
  readonly app: DiscoveredApp;
  readonly host: string;
}

/** The likeliest and most used ordinary app that the policy would block as generative AI, and a host of it. */
function choose(
  { seen, destinations, maxScore }: UpdateStage,
  apps: ReturnType<typeof parseCatalogFile>['apps'],
): Chosen | undefined {
  const byId = new Map(apps.map((app) => [app.id, app]));
  const rank = ({ category }: DiscoveredApp): number => {
    const at = LIKELY.indexOf(category ?? '');
    return at < 0 ? LIKELY.length : at;
  };
  const order = (a: DiscoveredApp, b: DiscoveredApp): number =>
    rank(a) - rank(b) || b.users - a.users || (a.appId < b.appId ? -1 : 1);
  for (const app of [...seen].sort(order)) {
    const host = destinations.find((each) => each.appId === app.appId)?.host;
    const record = byId.get(app.appId);
    if (app.generativeAi || app.tag?.tag || !host || !record) continue;
    const { score } = scored({ ...record, generativeAi: true });
    if (score !== undefined && score <= maxScore) return { app, host };
  }
  return undefined;
}

/** The catalog file with one app made generative AI. */
function turned(text: string, appId: string, version: string): string {
  const lines = text.split('\n').map((line, at) => {
    if (line === '') return line;
    const fields = JSON.parse(line) as Record<string, unknown>;
    if (at === 0) return JSON.stringify({ ...fields, version });
    return fields['id'] === appId ? JSON.stringify({ ...fields, aiKind: AI_KIND }) : line;
  });
  return lines.join('\n');
}

async function follow(
  { api, laptops, say }: UpdateStage,
  { folder }: UpdateFolder,
  { app, host }: Chosen,
  update: { readonly file: Buffer; readonly from: string; readonly to: string },
): Promise<TurnedApp> {
  const applied = laptops.map(() => new Map<bigint, number>());
  laptops.forEach((laptop, index) =>
    laptop.onApplied((revision) => applied[index]!.set(BigInt(revision), performance.now())),
  );
  const ordinary = `${app.name} (${host}), ${app.users} users, score ${app.score?.toFixed(1) ?? 'unknown'}`;
  say(`${ordinary}, is no generative AI. Signed catalog ${update.to} says it is one now`);
  const sentAt = performance.now();
  const since = (): number => Math.round(performance.now() - sentAt);
  writeWhole(path.join(folder, `catalog-${update.to}${UPDATE_SUFFIX}`), update.file);

  let changedMs = 0;
  let matchedMs = 0;
  let listedMs = 0;
  let revision = 0n;
  const watch =
    'query($id: ID!) { app(id: $id) { generativeAi score tag { tag matchedValues } } blocklists { revision delivery { applied } } }';
  const last = await until(
    'the update to reach every laptop',
    async () => {
      const now = await api.query<Watched>(watch, { id: app.appId });
      const list = now.blocklists[0];
      if (now.app.generativeAi) changedMs ||= since();
      if (now.app.tag?.tag === 'UNSANCTIONED') matchedMs ||= since();
      if (matchedMs > 0 && list && listedMs === 0 && (await isListed(api, app.appId, host))) {
        listedMs = since();
        revision = BigInt(list.revision);
      }
      return listedMs > 0 && list && list.delivery.applied >= laptops.length && now;
    },
    ASK_EVERY_MS,
  );
  const times = applied.map((reached) =>
    Math.min(...[...reached].filter(([each]) => each >= revision).map(([, at]) => at)),
  );
  const appliedAt = Math.max(...times);
  const outcome = laptops[0]!.browse(host, { bytesUp: 0, bytesDown: 0 });
  await laptops[0]!.flush();
  const appliedMs = Number.isFinite(appliedAt) ? Math.round(appliedAt - sentAt) : since();
  // What the laptops confirmed was out before they did, however late it was asked for.
  listedMs = Math.min(listedMs, appliedMs);
  say(
    `  changed after ${changedMs} ms, matched by the policy after ${matchedMs} ms, on the block list after ${listedMs} ms`,
  );
  say(`  ${laptops.length} laptops confirmed after ${appliedMs} ms; ${laptops[0]!.user} tries ${host}: ${outcome}`);
  return {
    appId: app.appId,
    name: app.name,
    host,
    users: app.users,
    score: last.app.score,
    aiKind: AI_KIND,
    fromVersion: update.from,
    toVersion: update.to,
    because: last.app.tag?.matchedValues ?? [],
    changedMs,
    matchedMs,
    listedMs,
    appliedMs,
    outcome,
  };
}

async function isListed(api: Api, appId: string, host: string): Promise<boolean> {
  const rules = await api.all<{ appId: string; value: string }>('blocklistRules', 'appId value');
  return rules.some((rule) => rule.appId === appId && rule.value === host);
}

function catalogText(): string | undefined {
  const file = path.join(dataFolder, 'apps.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
