export interface BoundedQueueOptions {
  /** How many items wait at most. */
  readonly capacity: number;
  /** For how long, in milliseconds, the reader may take nothing while the queue is full. */
  readonly patienceMs: number;
  /** Called once where that time has passed. The queue has ended then. */
  readonly onSlow: () => void;
  /** Called once when the queue has ended, whoever ended it. */
  readonly onEnd: () => void;
}

type Waiter<T> = { resolve: (result: IteratorResult<T>) => void; reject: (error: unknown) => void };

/**
 * Hands items from a writer, who waits while it is full, to a reader, who iterates. Unlike an async generator, it can be
 * ended while the reader waits.
 */
export class BoundedQueue<T> implements AsyncIterableIterator<T> {
  private readonly items: T[] = [];
  private readonly readers: Waiter<T>[] = [];
  private writers: (() => void)[] = [];
  private patience: NodeJS.Timeout | undefined;
  private failure: { readonly error: unknown } | undefined;
  private ended = false;

  constructor(private readonly options: BoundedQueueOptions) {}

  /** Resolves when the item has been taken in, or dropped because the queue has ended. */
  async push(item: T): Promise<void> {
    while (!this.ended && this.items.length >= this.options.capacity) {
      this.patience ??= setTimeout(() => this.giveUp(), this.options.patienceMs);
      await new Promise<void>((resolve) => this.writers.push(resolve));
    }
    if (this.ended) return;
    const reader = this.readers.shift();
    if (reader) reader.resolve({ done: false, value: item });
    else this.items.push(item);
  }

  /** Ends the queue: the reader gets what is left, then the error. */
  fail(error: unknown): void {
    if (this.ended) return;
    this.failure = { error };
    const reader = this.readers.shift();
    if (reader) {
      this.failure = undefined;
      reader.reject(error);
    }
    this.end();
  }

  next(): Promise<IteratorResult<T>> {
    if (this.items.length > 0) {
      const value = this.items.shift()!;
      this.wakeWriters();
      return Promise.resolve({ done: false, value });
    }
    if (this.failure) {
      const { error } = this.failure;
      this.failure = undefined;
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    if (this.ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.readers.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T>> {
    this.items.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    void this.return();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private giveUp(): void {
    this.items.length = 0;
    this.end();
    this.options.onSlow();
  }

  private wakeWriters(): void {
    clearTimeout(this.patience);
    this.patience = undefined;
    const woken = this.writers;
    this.writers = [];
    for (const wake of woken) wake();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.wakeWriters();
    for (const reader of this.readers.splice(0)) reader.resolve({ done: true, value: undefined });
    this.options.onEnd();
  }
}
