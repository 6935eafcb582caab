import { Transform, type TransformCallback } from 'node:stream';

const REDRAW_MS = 100;

/** Passes bytes on and draws how far it is, on one line of a terminal. */
export class Progress extends Transform {
  private bytes = 0;
  private readonly began = performance.now();
  private drawnAt = 0;

  constructor(
    private readonly total: number | undefined,
    private readonly terminal: NodeJS.WritableStream | undefined,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.bytes += chunk.length;
    const now = performance.now();
    if (this.terminal && now - this.drawnAt >= REDRAW_MS) {
      this.drawnAt = now;
      this.terminal.write(`\r\x1b[K${this.text(now)}`);
    }
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    this.terminal?.write(`\r\x1b[K${megabytes(this.bytes)} sent, being read …`);
    done();
  }

  /** Takes the line away again. */
  clear(): void {
    this.terminal?.write('\r\x1b[K');
  }

  private text(now: number): string {
    const rate = `${megabytes((this.bytes / (now - this.began)) * 1000)}/s`;
    if (!this.total) return `${megabytes(this.bytes)} sent, ${rate}`;
    return `${Math.floor((this.bytes / this.total) * 100)} % of ${megabytes(this.total)} sent, ${rate}`;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
