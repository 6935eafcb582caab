import { bodyTooSlow, DomainError } from '#kernel';
import { fileTooLarge } from './telemetry.errors.js';

export interface WireLimits {
  /** The most bytes of the whole. */
  readonly maxBytes: number;
  /** The fewest bytes the sender delivers in each `windowMs` of being waited for. */
  readonly minBytes: number;
  readonly windowMs: number;
}

/**
 * The bytes of a request's body as they come over the wire. Only the time in which the sender is waited for is held
 * against it, not the time in which what it sent is worked on.
 *
 * @throws DomainError `telemetry.file-too-large`; `body.incomplete` where the sender goes away; an error answered 408
 * where it is slower than the limits allow
 */
export async function* wireBytes(request: AsyncIterable<Buffer>, limits: WireLimits): AsyncGenerator<Buffer> {
  const chunks = request[Symbol.asyncIterator]();
  const pace = new Pace(limits);
  let total = 0;
  for (;;) {
    const next = await pace.of(chunks.next());
    if (next.done) return;
    total += next.value.length;
    if (total > limits.maxBytes) throw fileTooLarge(limits.maxBytes);
    pace.received(next.value.length);
    yield next.value;
  }
}

/** How fast a sender delivers, window by window. */
class Pace {
  private bytes = 0;
  private waitedMs = 0;

  constructor(private readonly limits: WireLimits) {}

  received(bytes: number): void {
    this.bytes += bytes;
  }

  /** The next of what the sender delivers. */
  async of<T>(next: Promise<T>): Promise<T> {
    const settled = next.then(
      (value) => ({ value }),
      () => {
        throw new DomainError('invalid', 'body.incomplete', 'The request ended before its body did.', {
          field: 'body',
        });
      },
    );
    for (;;) {
      const result = await this.withinWindow(settled);
      if (result) return result.value;
      if (this.bytes < this.limits.minBytes) throw bodyTooSlow();
      this.bytes = 0;
      this.waitedMs = 0;
    }
  }

  /** Undefined where the window ends first. */
  private async withinWindow<T>(promise: Promise<T>): Promise<T | undefined> {
    const began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), Math.max(0, this.limits.windowMs - this.waitedMs));
    });
    try {
      return await Promise.race([promise, end]);
    } finally {
      clearTimeout(timer);
      this.waitedMs += performance.now() - began;
    }
  }
}
