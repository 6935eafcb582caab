import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createGunzip } from 'node:zlib';
import { LineSplitter, type Line } from './domain/lines.js';
import { fileTooLarge } from './telemetry.errors.js';

/** A slice small enough that what comes out of it, a thousandfold at worst, can be held. */
const INFLATE_SLICE_BYTES = 8 * 1024;
/** A compressed file that was sent with a Content-Encoding as well has two layers. */
const MAX_LAYERS = 2;

/**
 * Reads a log file from a stream, line by line: holds one line and one chunk. Gzip is known by its first bytes, whether
 * it was declared or not. Of a file that is cut off or damaged it gives what came before, and says so.
 */
export class LogReader {
  private readonly digest = createHash('sha256');

  /** Why the file ended before its end, once `lines` is done; undefined where it did not. */
  damage: string | undefined;

  constructor(
    private readonly source: AsyncIterable<Buffer>,
    private readonly maxBytes: number,
  ) {}

  /** SHA-256 of the text, once `lines` is done: the same for a file and for what gzip makes of it. */
  get sha256(): string {
    return this.digest.copy().digest('hex');
  }

  /** The lines of each chunk. @throws DomainError `telemetry.file-too-large`, and what the source throws */
  async *lines(): AsyncGenerator<Iterable<Line>> {
    const splitter = new LineSplitter();
    let total = 0;
    for await (const chunk of this.inflated(this.source, MAX_LAYERS)) {
      this.digest.update(chunk);
      total += chunk.length;
      if (total > this.maxBytes) throw fileTooLarge(this.maxBytes);
      yield splitter.push(chunk);
    }
    yield splitter.end();
  }

  private async *inflated(source: AsyncIterable<Buffer>, layers: number): AsyncGenerator<Buffer> {
    const chunks = source[Symbol.asyncIterator]();
    let head: Buffer = Buffer.alloc(0);
    let done = false;
    while (head.length < 2 && !done) {
      const next = await chunks.next();
      done = next.done === true;
      if (!next.done) head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
    }
    const all = rest(head, chunks);
    if (layers > 0 && head[0] === 0x1f && head[1] === 0x8b) yield* this.inflated(this.gunzipped(all), layers - 1);
    else yield* all;
  }

  /** Not a pipeline: a broken stream would throw away what it has inflated already. */
  private async *gunzipped(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const gunzip = createGunzip();
    const out: Buffer[] = [];
    let total = 0;
    const failed = once(gunzip, 'error').then(() => undefined);
    gunzip.on('data', (chunk: Buffer) => out.push(chunk));
    gunzip.on('error', () => {
      this.damage = 'the gzip data is cut off or damaged';
    });
    try {
      for await (const chunk of source) {
        for (let at = 0; at < chunk.length && !this.damage; at += INFLATE_SLICE_BYTES) {
          const slice = chunk.subarray(at, at + INFLATE_SLICE_BYTES);
          await Promise.race([new Promise<void>((resolve) => gunzip.write(slice, () => resolve())), failed]);
          total += out.reduce((sum, each) => sum + each.length, 0);
          // Each layer by itself: what is wrapped may be much and hold nothing.
          if (total > this.maxBytes) throw fileTooLarge(this.maxBytes);
          yield* out.splice(0);
        }
      }
      if (this.damage) return;
      await Promise.race([new Promise<void>((resolve) => gunzip.once('end', resolve).end()), failed]);
      yield* out.splice(0);
    } finally {
      gunzip.destroy();
    }
  }
}

async function* rest(head: Buffer, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
}
