import { tooManyCalls } from '../gateway.errors.js';

/** The calls to services that one operation causes: how many at all, and how many at a time. */
export class Calls {
  private made = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: { readonly maxCalls: number; readonly parallelCalls: number }) {}

  /** @throws DomainError `graphql.too-many-calls` */
  async run<T>(call: () => Promise<T>): Promise<T> {
    this.made += 1;
    if (this.made > this.limits.maxCalls) throw tooManyCalls(this.limits.maxCalls);
    if (this.running < this.limits.parallelCalls) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await call();
    } finally {
      // A waiting call takes over this one's place.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
