interface PathRule<T> {
  readonly prefix: string;
  readonly target: T;
}

/** Path prefixes per host, longest first. A prefix ends at a path segment: `/chat` holds `/chat/1`, not `/chatter`. */
export class PathRules<T> {
  private readonly byName = new Map<number, PathRule<T>[]>();

  /** On how many names there are path rules. */
  get size(): number {
    return this.byName.size;
  }

  add(name: number, path: string, target: T): void {
    const prefix = path.endsWith('/') ? path.slice(0, -1) : path;
    const rules = this.byName.get(name) ?? [];
    if (rules.some((rule) => rule.prefix === prefix)) return;
    this.byName.set(
      name,
      [...rules, { prefix, target }].sort((a, b) => b.prefix.length - a.prefix.length),
    );
  }

  find(name: number, path: string): T | undefined {
    return this.byName.get(name)?.find((rule) => isBelow(rule.prefix, path))?.target;
  }
}

function isBelow(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path.charAt(prefix.length);
  return next === '' || next === '/' || next === '?' || next === '#';
}
