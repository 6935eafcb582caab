import { readFileSync, rmSync } from 'node:fs';

const WORTH_SEEING = ['warn', 'error', 'fatal'];

/** What one process prints, in a file: it outlives a kill and fills no memory. */
export class ServiceLog {
  private read = 0;

  constructor(readonly file: string) {
    rmSync(file, { force: true });
  }

  /** The warnings and errors since this was last asked. */
  fresh(): string[] {
    const bytes = this.bytes();
    const end = bytes.lastIndexOf('\n') + 1;
    const lines = bytes.subarray(this.read, end).toString().split('\n');
    this.read = end;
    return lines.filter((line) => line.startsWith('{') && WORTH_SEEING.includes(levelOf(line)));
  }

  /** Its last words. */
  tail(): string {
    return this.bytes().subarray(-4_000).toString();
  }

  private bytes(): Buffer {
    try {
      return readFileSync(this.file);
    } catch {
      return Buffer.alloc(0);
    }
  }
}

function levelOf(line: string): string {
  try {
    return String((JSON.parse(line) as { level?: unknown }).level);
  } catch {
    // Cut off by a kill.
    return 'error';
  }
}
