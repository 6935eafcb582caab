const FIRST_BYTES = 1 << 18;
/** More than this is not kept. */
const MAX_BYTES = 8 << 20;

/**
 * Memory to put record batches together in, used again for each request: fresh memory costs more than all that is
 * written into it. The client copies a request into a piece of its own at once, so what was taken for one request may be
 * overwritten by the next. Were that to change, brokers would refuse the batches by their checksums.
 */
export class BatchArena {
  private bytes = Buffer.alloc(0);
  private used = 0;

  /** From here on what was taken before may be overwritten. */
  reuse(): void {
    this.used = 0;
  }

  take(size: number): Buffer {
    if (this.used + size > this.bytes.length) {
      const length = Math.max(FIRST_BYTES, 2 * this.bytes.length, size);
      if (length > MAX_BYTES) return Buffer.allocUnsafe(size);
      this.bytes = Buffer.allocUnsafeSlow(length);
      this.used = 0;
    }
    const start = this.used;
    this.used += size;
    return this.bytes.subarray(start, this.used);
  }
}
