import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { create } from '@bufbuild/protobuf';
import { MatchRuleKind, MatchRuleSchema } from '#contracts';
import type { AppRule } from '#matcher';
import { asMatchRule } from '../../services/catalog/src/domain/app-message.js';
import { parseCatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import type { Random } from '../demo/random.js';

const CATALOG = new URL('../../services/catalog/data/apps.jsonl', import.meta.url);
const LABELS = 'www api app chat cdn static login mail eu us-east-1 img edge docs portal dev beta m assets'.split(' ');
const SYLLABLES = 'ka lo mi ren tor vex sol ni dra pel qua zen bit um fra gen hy lex mor pi ste tri vo wa'.split(' ');
const ENDS = 'com com com com com net org io ai co dev app de co.uk com.br fr'.split(' ');
const { DOMAIN, HOST, SUFFIX } = MatchRuleKind;
const KINDS = [DOMAIN, DOMAIN, DOMAIN, DOMAIN, DOMAIN, DOMAIN, DOMAIN, DOMAIN, HOST, SUFFIX];
const HOST_RULE = new Set([DOMAIN, HOST, SUFFIX]);

/** The host rules of the shipped catalog, filled up with made-up names: four of five domains, the others by half. */
export function rulesUpTo(count: number, random: Random): AppRule[] {
  const names = new Set<string>();
  const { apps } = parseCatalogFile(readFileSync(fileURLToPath(CATALOG), 'utf8'));
  const rules = apps
    .flatMap(({ id, rules }) => rules.map((rule) => ({ appId: id, rule: asMatchRule(rule) })))
    .filter(({ rule }) => HOST_RULE.has(rule.kind) && !names.has(rule.value) && names.add(rule.value))
    .slice(0, count);
  while (rules.length < count) {
    const kind = random.pick(KINDS);
    const domain = madeUpDomain(random);
    const value = kind === DOMAIN ? domain : `${random.pick(LABELS)}.${domain}`;
    if (names.has(value)) continue;
    names.add(value);
    rules.push({ appId: `app-${rules.length}`, rule: create(MatchRuleSchema, { kind, value }) });
  }
  return rules;
}

/**
 * Hosts to look up: `hitShare` of them at or below the names of the rules, the others from the observed ones and, where
 * those are few, made up. Mostly each once, as fresh strings, in no order.
 */
export function hostsFor(
  rules: readonly AppRule[],
  observed: readonly string[],
  count: number,
  hitShare: number,
  random: Random,
): string[] {
  const hosts: string[] = [];
  for (let at = 0; at < count; at += 1) {
    if (random.next() < hitShare) {
      const { value, kind } = random.pick(rules).rule;
      const below = kind === SUFFIX || (kind === DOMAIN && random.next() < 0.6);
      hosts.push(below ? `${random.pick(LABELS)}.${value}` : value);
    } else if (at < observed.length) hosts.push(observed[at]!);
    else hosts.push(`${random.pick(LABELS)}.${madeUpDomain(random)}`);
  }
  // Copied last: a decoder makes strings in the order in which they are looked up.
  return shuffled(hosts, random).map(fresh);
}

/**
 * The distinct host names of a file or of all files of a folder, plain or gzipped: Zeek dns and ssl logs, or one name a
 * line.
 */
export function readHosts(source: string): string[] {
  const files = statSync(source).isDirectory() ? readdirSync(source).map((name) => path.join(source, name)) : [source];
  const hosts = new Set<string>();
  for (const file of files) {
    const bytes = readFileSync(file);
    const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    let column = 0;
    for (const line of text.split('\n')) {
      if (line.startsWith('#fields')) {
        column = line.split('\t').findIndex((name) => name === 'query' || name === 'server_name') - 1;
      } else if (!line.startsWith('#') && !line.startsWith('{')) {
        const host = line.split('\t')[Math.max(column, 0)] ?? '';
        if (host.includes('.') && !host.includes(' ')) hosts.add(host);
      }
    }
  }
  return [...hosts];
}

/** A domain that is pronounceable and nobody’s, with an ending as frequent as it is. */
export function madeUpDomain(random: Random): string {
  const syllables = 2 + Math.floor(random.next() * 3);
  return `${Array.from({ length: syllables }, () => random.pick(SYLLABLES)).join('')}${Math.floor(random.next() * 100)}.${random.pick(ENDS)}`;
}

function shuffled<T>(list: T[], random: Random): T[] {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random.next() * (at + 1));
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
  return list;
}

/** A flat string of its own, as a decoder makes it. */
function fresh(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
