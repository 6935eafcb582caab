import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HostIndex } from '#matcher';
import { catalogFile } from '#testkit';
import { asMatchRule } from '../src/domain/app-message.js';
import type { AppRecord } from '../src/domain/app-record.js';
import { parseCatalogFile } from '../src/domain/catalog-file.js';

const read = (path: string) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');

/** The catalog file that is shipped. */
export const shippedText = read('../data/apps.jsonl');
export const shipped = parseCatalogFile(shippedText);

/** What of it tests of other things load: every AI app, and what was put together by hand. */
export const sampleText = readFileSync(catalogFile(), 'utf8');
export const sample = parseCatalogFile(sampleText);

/** The lines of a list of hosts. */
export function hostList(name: string): string[] {
  return read(`hosts/${name}`)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

export function indexOf(apps: readonly AppRecord[]): HostIndex {
  return new HostIndex(apps.flatMap(({ id, rules }) => rules.map((rule) => ({ appId: id, rule: asMatchRule(rule) }))));
}
