import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drafts } from './draft.js';

interface ExtraRules {
  readonly app: string;
  readonly rules: readonly string[];
}

/** Gives curated apps the rules of `curated/rules.jsonl`: hosts that programs call, processes and bundle ids. */
export function addExtraRules(drafts: Drafts, data: string): void {
  const path = join(data, 'curated', 'rules.jsonl');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const line of lines.filter((text) => text.trim() !== '')) {
    const { app, rules } = JSON.parse(line) as ExtraRules;
    const draft = drafts.get(app);
    if (!draft) drafts.warnings.push(`rules of unknown app ${app}`);
    else for (const rule of rules) drafts.claim(draft, rule);
  }
}
