import { domainToASCII } from 'node:url';
import { MatchRuleKind, type MatchRule } from '#contracts';
import { hashStep, NameTable } from './name-table.js';
import { PathRules } from './path-rules.js';
import { processKey } from './process-key.js';

/** A match rule and the app that owns it. */
export interface AppRule {
  readonly appId: string;
  readonly rule: MatchRule;
}

/** What a lookup answers: the app and the rule that claimed the host. Shared between lookups: do not change it. */
export type HostMatchResult = AppRule;

const MAX_HOST_LENGTH = 253;
const DOT = 46;

/**
 * Finds the app that claims a host or a process. Immutable: build a new one when rules change and swap the reference.
 *
 * The most specific rule wins: a path rule over an exact host, that over rules for everything below a name, and of
 * those the one with the most labels (`*.name` before the domain of the same name). Of two equal rules the first given
 * wins. Rule values are expected as the catalog stores them: lower-case ASCII, no trailing dot; a rule that is not is
 * never hit. Hosts may be anything: case, one trailing dot and Unicode names are folded; what cannot be a host name
 * matches nothing.
 */
export class HostIndex {
  private readonly targets: AppRule[] = [];
  private readonly exact: number[] = [];
  private readonly below: number[] = [];
  private readonly paths = new PathRules<AppRule>();
  private readonly processes = new Map<string, AppRule>();
  private readonly bundles = new Map<string, AppRule>();
  private readonly table: NameTable;

  constructor(rules: Iterable<AppRule>) {
    const names = new Map<string, number>();
    for (const target of rules) this.add(target, names);
    this.table = new NameTable([...names.keys()]);
  }

  /** How many rules the index holds. */
  get size(): number {
    return this.targets.length;
  }

  /** The app that claims `host`; with the path of a URL also rules for parts of a host. */
  match(host: string, path?: string): HostMatchResult | undefined {
    let end = host.length;
    if (end > 0 && host.charCodeAt(end - 1) === DOT) end -= 1;
    if (end === 0 || end > MAX_HOST_LENGTH) return undefined;
    const { table } = this;
    let found = 0;
    let hash = 0;
    for (let at = end - 1; at >= 0; at -= 1) {
      const code = host.charCodeAt(at);
      if (code > 127) return this.matchUnicode(host.slice(0, end), path);
      if (code === DOT) {
        const name = table.find(hash, host, at + 1, end);
        if (name >= 0 && this.below[name]) found = this.below[name];
      }
      hash = hashStep(hash, code);
    }
    const name = table.find(hash, host, 0, end);
    if (name >= 0) {
      const onPath = path === undefined ? undefined : this.paths.find(name, path);
      if (onPath) return onPath;
      found = this.exact[name] || found;
    }
    return found === 0 ? undefined : this.targets[found - 1];
  }

  /** The app of a process file name (with or without its directory and `.exe`) or of a bundle id, in any case. */
  matchProcess(nameOrBundleId: string): HostMatchResult | undefined {
    const key = processKey(nameOrBundleId);
    return key === undefined ? undefined : (this.processes.get(key) ?? this.bundles.get(nameOrBundleId.toLowerCase()));
  }

  private matchUnicode(host: string, path: string | undefined): HostMatchResult | undefined {
    const ascii = domainToASCII(host);
    return ascii === '' ? undefined : this.match(ascii, path);
  }

  private add(target: AppRule, names: Map<string, number>): void {
    const { kind, value, path } = target.rule;
    if (value === '') return;
    this.targets.push(target);
    const position = this.targets.length;
    if (kind === MatchRuleKind.PROCESS || kind === MatchRuleKind.BUNDLE_ID) {
      const map = kind === MatchRuleKind.PROCESS ? this.processes : this.bundles;
      const key = kind === MatchRuleKind.PROCESS ? processKey(value) : value.toLowerCase();
      if (key !== undefined && !map.has(key)) map.set(key, target);
      return;
    }
    const name = names.get(value) ?? names.size;
    names.set(value, name);
    if (kind === MatchRuleKind.PATH) this.paths.add(name, path, target);
    if (kind === MatchRuleKind.HOST) this.claim(this.exact, name, position, MatchRuleKind.HOST);
    if (kind === MatchRuleKind.SUFFIX) this.claim(this.below, name, position, MatchRuleKind.SUFFIX);
    if (kind === MatchRuleKind.DOMAIN) {
      this.claim(this.exact, name, position, MatchRuleKind.DOMAIN);
      this.claim(this.below, name, position, MatchRuleKind.DOMAIN);
    }
  }

  /** A rule of the list's own kind pushes out the domain rule of the same name; equals stay. */
  private claim(list: number[], name: number, position: number, kind: MatchRuleKind): void {
    const holder = list[name];
    const held = holder ? this.targets[holder - 1]?.rule.kind : undefined;
    if (held === undefined || (held === MatchRuleKind.DOMAIN && kind !== MatchRuleKind.DOMAIN)) list[name] = position;
  }
}
