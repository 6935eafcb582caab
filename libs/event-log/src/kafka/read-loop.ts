import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import type { KafkaReader, LaneRead, WantedLane } from './kafka-reader.js';

export interface ReadLoopParts {
  readonly reader: KafkaReader;
  /** How long a read waits on the broker for something new. */
  readonly waitMs: number;
  readonly bytes: number;
  /** The partitions to read now; those in whose records somebody is still at work are left out. */
  wanted(): readonly WantedLane[];
  /** Whether some are left out: then a read must not wait for long, or they would wait for it. */
  busy(): boolean;
  onRead(read: LaneRead): void;
  /** A read brought records, and took so many milliseconds. */
  onFilled?(elapsedMs: number): void;
  onError(error: unknown): void;
  onRecovered(): void;
}

const BUSY_WAIT_MS = 20;
/** Also how long after brokers are back nobody may have noticed. */
const MAX_PAUSE_MS = 500;

/** Keeps one read under way at each broker that leads a wanted partition. */
export class ReadLoop {
  private readonly closing = new AbortController();
  private readonly reading = new Map<number, Promise<void>>();
  private pumping: Promise<void> | undefined;
  private again = false;
  private failures = 0;

  constructor(private readonly parts: ReadLoopParts) {}

  /** Looks again at what is wanted. */
  wake(): void {
    if (this.closing.signal.aborted) return;
    this.again = true;
    this.pumping ??= this.pump();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.parts.reader.close();
    await this.pumping;
    await Promise.all(this.reading.values());
  }

  private async pump(): Promise<void> {
    // So that `pumping` is set before this can end; and in the time of a turn most of what was just read is handed over, and
    // its partitions can be read along.
    await turn();
    while (this.again && !this.closing.signal.aborted) {
      this.again = false;
      try {
        const wanted = this.parts.wanted();
        if (wanted.length === 0) continue;
        for (const [node, lanes] of await this.parts.reader.byLeader(wanted)) {
          if (!this.reading.has(node)) this.start(node, lanes);
        }
      } catch (error) {
        await this.failed(error);
        this.again = true;
      }
    }
    // Here and not when the promise settles: who wakes it at once must find that nobody looks again.
    this.pumping = undefined;
  }

  private start(node: number, lanes: readonly WantedLane[]): void {
    const reading = this.read(node, lanes).finally(() => {
      this.reading.delete(node);
      this.wake();
    });
    this.reading.set(node, reading);
  }

  private async read(node: number, lanes: readonly WantedLane[]): Promise<void> {
    const { reader, waitMs, bytes } = this.parts;
    try {
      const limits = { bytes, waitMs: this.parts.busy() ? BUSY_WAIT_MS : waitMs };
      const began = performance.now();
      const reads = await reader.read(node, lanes, limits);
      if (reads.some((read) => read.records.length > 0)) this.parts.onFilled?.(performance.now() - began);
      if (this.closing.signal.aborted) return;
      if (this.failures > 0) this.parts.onRecovered();
      this.failures = 0;
      for (const read of reads) this.parts.onRead(read);
    } catch (error) {
      await this.failed(error);
    }
  }

  private async failed(error: unknown): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.failures += 1;
    // The first one is often only a broker that has moved or a session it has forgotten.
    if (this.failures > 1) this.parts.onError(error);
    this.parts.reader.refresh();
    const pause = Math.min(20 * 2 ** Math.min(this.failures, 7), MAX_PAUSE_MS) * (0.75 + Math.random() / 2);
    await delay(pause, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}
