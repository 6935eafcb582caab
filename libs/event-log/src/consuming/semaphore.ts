/** Lets at most `limit` pieces of work run at a time; the others wait in the order they came. */
export class Semaphore {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      // The place is handed over, not freed, where somebody waits for it.
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
