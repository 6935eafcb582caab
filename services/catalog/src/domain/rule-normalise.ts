import { domainToASCII } from 'node:url';
import { parse as parseHost } from 'tldts';
import { MatchRuleKind, MatchRuleUse } from '#contracts';
import type { Rule } from './app-record.js';

/** A rule, or why there can be none. */
export type Normalised = { readonly rule: Rule } | { readonly refused: string };

const MAX_HOST_LENGTH = 253;
const MAX_NAME_LENGTH = 200;
const API_KINDS: readonly MatchRuleKind[] = [MatchRuleKind.HOST, MatchRuleKind.SUFFIX];
const HOST = /^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$/;

/**
 * Reads the text of a rule: `name.example` (the whole domain where the name is registrable, else exactly that host),
 * `=name.example` (exactly that host), `*.name.example` (every host below), `name.example/path`, `process:name`,
 * `bundle:id`. Before a host or a wildcard, `api:` says that programs call it, not people. Names are folded to
 * lower-case ASCII. Public suffixes, single labels and addresses are refused.
 */
export function readRule(text: string): Normalised {
  const trimmed = text.trim();
  const label = /^(process|bundle):(.*)$/s.exec(trimmed);
  if (label) return readLabel(label[1] === 'process' ? MatchRuleKind.PROCESS : MatchRuleKind.BUNDLE_ID, label[2] ?? '');
  const api = /^api:(.*)$/s.exec(trimmed);
  if (api) return readApi(api[1] ?? '');
  const slash = trimmed.indexOf('/');
  if (slash >= 0) return readPath(trimmed.slice(0, slash), trimmed.slice(slash));
  if (trimmed.startsWith('*.')) return readHost(trimmed.slice(2), MatchRuleKind.SUFFIX);
  if (trimmed.startsWith('=')) return readHost(trimmed.slice(1), MatchRuleKind.HOST);
  return readHost(trimmed);
}

/** The text that reads as the rule. */
export function writeRule(rule: Rule): string {
  return rule.use === MatchRuleUse.API ? `api:${writeBare(rule)}` : writeBare(rule);
}

function writeBare({ kind, value, path }: Rule): string {
  switch (kind) {
    case MatchRuleKind.PROCESS:
      return `process:${value}`;
    case MatchRuleKind.BUNDLE_ID:
      return `bundle:${value}`;
    case MatchRuleKind.SUFFIX:
      return `*.${value}`;
    case MatchRuleKind.PATH:
      return `${value}${path}`;
    case MatchRuleKind.HOST:
      return registrable(value) ? `=${value}` : value;
    default:
      return value;
  }
}

/** What two rules must not share: the kind with its name and path. */
export function ruleKey({ kind, value, path }: Rule): string {
  return `${kind} ${value}${path}`;
}

function readHost(text: string, wanted?: MatchRuleKind): Normalised {
  const host = foldHost(text);
  if (host === undefined) return refuse(text, 'is not a host name');
  const { isIp, domain, publicSuffix } = parseHost(host, { allowPrivateDomains: true });
  if (isIp) return refuse(text, 'is an address, not a name');
  if (!host.includes('.')) return refuse(text, 'is a single label');
  if (publicSuffix === host || domain === null) return refuse(text, 'is a public suffix that many owners share');
  const kind = wanted ?? (domain === host ? MatchRuleKind.DOMAIN : MatchRuleKind.HOST);
  return { rule: { kind, value: host, path: '' } };
}

/** A whole domain has pages too: what programs call is a host, what is below one, or a name that a cloud gave away. */
function readApi(text: string): Normalised {
  const read = text.includes('/') ? refuse(text, 'has a path, which no API rule has') : readRule(text);
  if ('refused' in read) return read;
  if (!API_KINDS.includes(read.rule.kind) && !isLent(read.rule)) return refuse(text, 'is no host that programs call');
  return { rule: { ...read.rule, use: MatchRuleUse.API } };
}

/** Whether a domain is one of many below a suffix of somebody else: `generativelanguage.googleapis.com`. */
function isLent({ kind, value }: Rule): boolean {
  return kind === MatchRuleKind.DOMAIN && parseHost(value, { allowPrivateDomains: true }).isPrivate === true;
}

function readPath(host: string, path: string): Normalised {
  const read = readHost(host, MatchRuleKind.HOST);
  if ('refused' in read) return read;
  if (path === '/' || path.length > MAX_NAME_LENGTH || /[\s?#]/.test(path))
    return refuse(host + path, 'has no usable path');
  return { rule: { kind: MatchRuleKind.PATH, value: read.rule.value, path } };
}

function readLabel(kind: MatchRuleKind, text: string): Normalised {
  const value = text
    .trim()
    .toLowerCase()
    .replace(/\.exe$/, '');
  if (value === '' || value.length > MAX_NAME_LENGTH || /[\p{Cc}/\\]/u.test(value))
    return refuse(text, 'is no process or bundle name');
  return { rule: { kind, value, path: '' } };
}

function foldHost(text: string): string | undefined {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  if (bare.length === 0 || bare.length > MAX_HOST_LENGTH) return undefined;
  const ascii = /^[\x21-\x7e]+$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  return ascii.length <= MAX_HOST_LENGTH && HOST.test(ascii) ? ascii : undefined;
}

function registrable(host: string): boolean {
  return parseHost(host, { allowPrivateDomains: true }).domain === host;
}

function refuse(text: string, why: string): Normalised {
  return { refused: `"${text.slice(0, 80)}" ${why}` };
}
