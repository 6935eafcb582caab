import { AiKind, AppCategory } from '#contracts';
import { HostIndex } from '#matcher';
import type { CatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import { factors } from '../../services/catalog/src/domain/factors/registry.js';
import { writeRule } from '../../services/catalog/src/domain/rule-normalise.js';
import { explain } from '../../services/catalog/src/domain/score.js';
import { asMatchRule } from '../../services/catalog/src/domain/app-message.js';

/** A function that answers for a host: the app, its category and score and the rule that matched, or null. */
export function matchHosts(file: CatalogFile) {
  const apps = new Map(file.apps.map((app) => [app.id, app]));
  const index = new HostIndex(
    file.apps.flatMap((app) => app.rules.map((rule) => ({ appId: app.id, rule: asMatchRule(rule) }))),
  );
  return (host: string) => {
    const found = index.match(host);
    const app = found && apps.get(found.appId);
    if (!app) return { host, app: null };
    return {
      host,
      app: app.id,
      category: AppCategory[app.category],
      aiKind: app.generativeAi ? AiKind[app.aiKind] : null,
      score: explain(factors, app.facts, app.generativeAi).score ?? null,
      rule: writeRule(found.rule),
    };
  };
}
