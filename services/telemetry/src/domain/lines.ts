/** One line of a file. */
export interface Line {
  /** Counts from 1. */
  readonly number: number;
  /** Without its line end. Of a line that is too long, the beginning. */
  readonly text: string;
  readonly tooLong: boolean;
}

/** The longest line that is read, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024;
const SAMPLE_BYTES = 256;
const NEWLINE = 10;
const RETURN = 13;
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Cuts a stream of bytes into lines: LF or CRLF, the last one with or without. Holds at most one line; of a line longer
 * than `maxBytes` it keeps only the beginning. Bytes that are not UTF-8 become U+FFFD.
 */
export class LineSplitter {
  private number = 0;
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private tooLong = false;

  constructor(private readonly maxBytes = MAX_LINE_BYTES) {}

  /** The lines that this chunk ends. */
  *push(chunk: Buffer): Generator<Line> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk, start, end);
      yield this.take();
      start = end + 1;
    }
    if (start < chunk.length) this.keep(chunk, start, chunk.length);
  }

  /** The last line, where the stream did not end with a line end. */
  *end(): Generator<Line> {
    if (this.pendingBytes > 0 || this.tooLong) yield this.take();
  }

  private keep(chunk: Buffer, start: number, end: number): void {
    if (this.tooLong) return;
    if (this.pendingBytes + end - start > this.maxBytes) {
      const beginning = Buffer.concat(
        [...this.pending, chunk.subarray(start, end)].map((part) => part.subarray(0, SAMPLE_BYTES)),
      );
      this.pending = [Buffer.from(beginning.subarray(0, SAMPLE_BYTES))];
      this.tooLong = true;
      return;
    }
    if (end === start) return;
    this.pending.push(chunk.subarray(start, end));
    this.pendingBytes += end - start;
  }

  private take(): Line {
    const bytes = this.pending.length === 1 ? (this.pending[0] as Buffer) : Buffer.concat(this.pending);
    const end = bytes.length > 0 && bytes[bytes.length - 1] === RETURN ? bytes.length - 1 : bytes.length;
    let text = bytes.toString('utf8', 0, end);
    this.number += 1;
    if (this.number === 1 && text.startsWith(BYTE_ORDER_MARK)) text = text.slice(1);
    const line = { number: this.number, text, tooLong: this.tooLong };
    this.pending = [];
    this.pendingBytes = 0;
    this.tooLong = false;
    return line;
  }
}
