/** Credentials that were refused a moment ago: a bounded memory, oldest forgotten first. */
export class Refusals {
  private readonly until = new Map<string, number>();

  constructor(private readonly limits: { readonly maxEntries: number; readonly ttlMs: number }) {}

  add(key: string, nowMs: number): void {
    this.until.delete(key);
    if (this.until.size >= this.limits.maxEntries) this.until.delete(this.until.keys().next().value!);
    this.until.set(key, nowMs + this.limits.ttlMs);
  }

  has(key: string, nowMs: number): boolean {
    const until = this.until.get(key);
    if (until === undefined) return false;
    if (until > nowMs) return true;
    this.until.delete(key);
    return false;
  }

  get size(): number {
    return this.until.size;
  }
}
