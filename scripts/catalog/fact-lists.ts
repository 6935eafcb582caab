import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What the public lists say of a registrable domain. */
export interface ListedDomain {
  readonly domain: string;
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly sources: readonly string[];
}

/** A domain that lists of generative AI name. */
export interface ListedAiDomain {
  readonly domain: string;
  readonly names: readonly string[];
  readonly hosts: readonly string[];
  readonly hints: readonly string[];
  readonly sources: readonly string[];
  /** A: a curated list or three directories, B: two, C: one. */
  readonly confidence: string;
  readonly generalPurpose: boolean;
}

/** Reads the two fact lists of a folder: domain → facts, and the domains of generative AI. */
export function readFactLists(folder: string) {
  const lines = gunzipSync(readFileSync(join(folder, 'apps.jsonl.gz')))
    .toString('utf8')
    .split('\n');
  const listed = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as ListedDomain);
  const table = readFileSync(join(folder, 'genai-apps.tsv'), 'utf8').split('\n').slice(1);
  return {
    domains: new Map(listed.map((row) => [row.domain, row])),
    ai: table.filter((line) => line !== '').map(readAiRow),
  };
}

export type FactLists = ReturnType<typeof readFactLists>;

function readAiRow(line: string): ListedAiDomain {
  const [domain = '', name = '', others = '', hosts = '', hints = '', sources = '', confidence = '', general = ''] =
    line.split('\t');
  return {
    domain,
    names: [name, ...others.split('; ')].filter((text) => text !== ''),
    hosts: hosts.split(' ').filter((text) => text !== ''),
    hints: hints.split('; ').filter((text) => text !== ''),
    sources: sources.split(' ').filter((text) => text !== ''),
    confidence,
    generalPurpose: general.trim() === 'Y',
  };
}
