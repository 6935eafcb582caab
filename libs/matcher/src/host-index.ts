import { domainToASCII } from 'node:url';
import { MatchRuleKind, type MatchRule } from '#contracts';
import { HotHosts, tagOf } from './hot-hosts.js';
import { IpRanges } from './ip-ranges.js';
import { PathRules } from './path-rules.js';
import { processKey } from './process-key.js';
import { MAX_NAME_LENGTH, NOT_ASCII, SuffixTable, type Claim } from './suffix-table.js';

/** A match rule and the app that owns it. */
export interface AppRule {
  readonly appId: string;
  readonly rule: MatchRule;
}

/** What a lookup answers: the app and the rule that claimed the host. Shared between lookups: do not change it. */
export type HostMatchResult = AppRule;

const DOT = 46;
/** After so many lookups it is worth while to keep answers: many indexes answer a few and are gone. */
const LOOKUPS_BEFORE_HOT = 1024;
/** After so many hosts that were not among the kept answers it is asked whether so few had come again, */
const MISSES = 512;
const FEW_HITS = 128;
/** and if so, nobody looks there for so many lookups. */
const UNASKED = 16_384;

/**
 * Finds the app that claims a host, an address or a process. Immutable: build a new one when rules change and swap the
 * reference.
 *
 * The most specific rule wins: a path rule over an exact host, that over rules for everything below a name, and of
 * those the one with the most labels (`*.name` before the domain of the same name); of address ranges the narrowest. Of
 * two equal rules the first given wins. Rule values are expected as the catalog stores them: lower-case ASCII, no
 * trailing dot; a rule that is not is never hit. Hosts may be anything: case, one trailing dot and Unicode names are
 * folded; what is neither a host name nor an address matches nothing.
 */
export class HostIndex {
  /** By position; there is none at 0. */
  private readonly targets: readonly (AppRule | undefined)[];
  private readonly paths = new PathRules<AppRule>();
  private readonly ranges = new IpRanges();
  private readonly processes = new Map<string, AppRule>();
  private readonly bundles = new Map<string, AppRule>();
  private readonly table: SuffixTable;
  private hot: HotHosts<AppRule> | undefined;
  /** How many lookups go by without asking the kept answers. */
  private unasked = LOOKUPS_BEFORE_HOT;
  private misses = 0;
  private hits = 0;

  constructor(rules: Iterable<AppRule>) {
    const targets: (AppRule | undefined)[] = [undefined];
    let characters = 0;
    for (const target of rules) {
      if (target.rule.value === '') continue;
      targets.push(target);
      characters += target.rule.value.length;
    }
    // A copy has no room to grow.
    this.targets = targets.slice();
    this.table = new SuffixTable(this.size, characters);
    for (let position = 1; position <= this.size; position += 1) this.add(this.targets[position]!, position);
    this.table.trim();
  }

  /** How many rules the index holds. */
  get size(): number {
    return this.targets.length - 1;
  }

  /** The app that claims `host`, a name or an address; with the path of a URL also rules for parts of a host. */
  match(host: string, path?: string): HostMatchResult | undefined {
    if (path !== undefined && this.paths.size > 0) {
      const onPath = this.matchPath(host, path);
      if (onPath) return onPath;
    }
    if (this.unasked > 0) {
      this.unasked -= 1;
      return this.targets[this.find(host)];
    }
    const hot = (this.hot ??= new HotHosts<AppRule>());
    const tag = tagOf(host);
    const place = hot.find(host, tag);
    if (place < 0) return this.matchAnew(hot, host, tag);
    this.hits += 1;
    return hot.answer(place);
  }

  /** The app whose range holds an IPv4 or IPv6 address. */
  matchAddress(address: string): HostMatchResult | undefined {
    return this.targets[this.ranges.find(address)];
  }

  /** The app of a process file name (with or without its directory and `.exe`) or of a bundle id, in any case. */
  matchProcess(nameOrBundleId: string): HostMatchResult | undefined {
    const key = processKey(nameOrBundleId);
    return key === undefined ? undefined : (this.processes.get(key) ?? this.bundles.get(nameOrBundleId.toLowerCase()));
  }

  /** The position of the rule that claims a host, 0 = none. */
  private find(host: string): number {
    const end = endOf(host);
    if (end === 0 || end > MAX_NAME_LENGTH) return 0;
    const found = this.table.find(host, end);
    if (found === 0) return this.ranges.size > 0 ? this.ranges.find(host) : 0;
    if (found !== NOT_ASCII) return found;
    const ascii = asciiOf(host, end);
    return ascii === '' ? 0 : this.find(ascii);
  }

  /** Of a host that is not among the kept ones. */
  private matchAnew(hot: HotHosts<AppRule>, host: string, tag: number): AppRule | undefined {
    if (++this.misses === MISSES) {
      if (this.hits < FEW_HITS) this.unasked = UNASKED;
      this.misses = this.hits = 0;
    }
    const found = this.targets[this.find(host)];
    if (hot.offer(host, tag, found)) this.hits += 1;
    return found;
  }

  private matchPath(host: string, path: string): AppRule | undefined {
    const end = endOf(host);
    if (end === 0 || end > MAX_NAME_LENGTH) return undefined;
    const found = this.table.find(host, end);
    const name = found === NOT_ASCII ? asciiOf(host, end) : host;
    const record = this.table.recordOf(name, found === NOT_ASCII ? name.length : end);
    return record === 0 ? undefined : this.paths.find(record, path);
  }

  private add(target: AppRule, position: number): void {
    const { kind, value, path } = target.rule;
    if (kind === MatchRuleKind.PROCESS || kind === MatchRuleKind.BUNDLE_ID) {
      const map = kind === MatchRuleKind.PROCESS ? this.processes : this.bundles;
      const key = kind === MatchRuleKind.PROCESS ? processKey(value) : value.toLowerCase();
      if (key !== undefined && !map.has(key)) map.set(key, target);
      return;
    }
    if (kind === MatchRuleKind.IP_RANGE) {
      this.ranges.add(value, position);
      return;
    }
    const record = this.table.put(value);
    if (record === 0) return;
    if (kind === MatchRuleKind.PATH) this.paths.add(record, path, target);
    if (kind === MatchRuleKind.HOST || kind === MatchRuleKind.DOMAIN) this.claim(record, 'exact', position);
    if (kind === MatchRuleKind.SUFFIX || kind === MatchRuleKind.DOMAIN) this.claim(record, 'below', position);
  }

  /** A rule for just the name or just those below it pushes out the domain rule of the same name; equals stay. */
  private claim(record: number, claim: Claim, position: number): void {
    const holder = this.table.get(record, claim);
    const isDomain = (at: number): boolean => this.targets[at]?.rule.kind === MatchRuleKind.DOMAIN;
    if (holder === 0 || (isDomain(holder) && !isDomain(position))) this.table.set(record, claim, position);
  }
}

/** Without the dot that may close a name. */
function endOf(host: string): number {
  const { length } = host;
  return length > 0 && host.charCodeAt(length - 1) === DOT ? length - 1 : length;
}

function asciiOf(host: string, end: number): string {
  return domainToASCII(host.slice(0, end));
}
