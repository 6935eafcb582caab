import { MatchRuleKind } from '#contracts';
import type { AppRule } from '#matcher';

const EXACT = 1;
const BELOW = 2;

/**
 * What a host is commonly looked up with: one `Map` by name, asked for the host, then for it without its first label,
 * and so on. Its values are numbers, so that asking touches no object but the one that is answered.
 */
export class LabelStrippingMap {
  private readonly names = new Map<string, number>();

  constructor(private readonly rules: readonly AppRule[]) {
    rules.forEach(({ rule: { kind, value } }, position) => {
      const claims = kind === MatchRuleKind.HOST ? EXACT : kind === MatchRuleKind.SUFFIX ? BELOW : EXACT | BELOW;
      if (!this.names.has(value)) this.names.set(value, position * 4 + claims);
    });
  }

  match(host: string): AppRule | undefined {
    const itself = this.names.get(host);
    if (itself !== undefined && itself & EXACT) return this.rules[itself >> 2];
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const found = this.names.get(host.slice(dot + 1));
      if (found !== undefined && found & BELOW) return this.rules[found >> 2];
    }
    return undefined;
  }
}
