import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { MatchRuleKind } from '#contracts';
import { addListedAiApps } from './ai-apps.js';
import { addListedCloudApps } from './cloud-apps.js';
import { readCurated, type Curated, type CuratedApp } from './curated.js';
import { Drafts, type Draft } from './draft.js';
import { addExtraRules } from './extra-rules.js';
import { readFactLists, type FactLists } from './fact-lists.js';
import { readNames } from './name-list.js';
import { listFacts } from './list-facts.js';
import { readSharedInfrastructure } from './shared-infrastructure.js';
import { writeApp, writeHeader } from './write.js';

/**
 * Compiles `apps.jsonl` of a data folder out of its curated files and a folder of public facts. The same input gives
 * the same bytes; the version moves only when an app did.
 */
export function compile(factsFolder: string, dataFolder: string) {
  const curated = readCurated(dataFolder);
  const lists = readFactLists(factsFolder);
  const drafts = new Drafts(readSharedInfrastructure(dataFolder));
  for (const app of [...curated.aiApps, ...curated.cloudApps]) addCurated(drafts, app);
  addExtraRules(drafts, dataFolder);
  const notAi = readNames(dataFolder, 'not-ai.txt');
  addListedAiApps(drafts, { ...lists, ai: lists.ai.filter(({ domain }) => !notAi.has(domain)) }, curated);
  addListedCloudApps(drafts, lists.domains, curated);
  const apps = drafts.all().sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const draft of apps) gatherFacts(draft, lists, curated);
  const known = new Set(apps.map((draft) => draft.id));
  for (const id of curated.facts.keys()) if (!known.has(id)) drafts.warnings.push(`facts of unknown app ${id}`);

  const path = join(dataFolder, 'apps.jsonl');
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const body = apps.map(writeApp).join('');
  const header = writeHeader(before, body, curated.sources, drafts.shared);
  const text = header + body;
  const file = parseCatalogFile(text);
  if (file.problems.length > 0) throw new Error(file.problems.map((problem) => problem.message).join('\n'));
  writeFileSync(path, text);
  return { apps: file.apps.length, version: file.version, changed: text !== before, warnings: drafts.warnings };
}

function addCurated(drafts: Drafts, app: CuratedApp): void {
  if (drafts.has(app.id)) throw new Error(`curated twice: ${app.id}`);
  const { id, name, category, vendor = '', description = '', aiKind = '' } = app;
  const draft = drafts.add({ id, name, category, vendor, description, aiKind }, app.rules);
  for (const domain of app.factsFrom ?? []) draft.factDomains.add(domain);
}

/** Curated facts first, then those of the public lists, domain by domain; the first that is known holds. */
function gatherFacts(draft: Draft, lists: FactLists, curated: Curated): void {
  for (const [factor, fact] of curated.facts.get(draft.id) ?? []) draft.facts.set(factor, fact);
  for (const domain of draft.factDomains) {
    const row = lists.domains.get(domain);
    if (!row) continue;
    for (const [factor, fact] of listFacts(row)) {
      const aiOnly = factor === 'iso42001' && draft.aiKind === '';
      if (!draft.facts.has(factor) && !aiOnly) draft.facts.set(factor, fact);
    }
    if (draft.rules.some((rule) => rule.kind === MatchRuleKind.DOMAIN && rule.value === domain)) {
      for (const source of row.sources) draft.lists.add(source);
    }
  }
  if (draft.lists.size > 0) draft.facts.set('list-mentions', [String(draft.lists.size), 'lists']);
}
