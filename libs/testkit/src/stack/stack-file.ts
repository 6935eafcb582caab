import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Contents {
  readonly serviceKey: string;
  readonly secretKey: string;
  /** What names on brokers begin with that are not the stack's own. */
  readonly kafkaPrefix: string;
  readonly adminToken?: string;
  readonly enrolmentSecret?: string;
}

/** What a stack must find again when it starts on the same directory: its keys, and the secrets that are shown once. */
export class StackFile {
  private readonly file: string;
  private contents: Contents;

  constructor(directory: string) {
    this.file = path.join(directory, 'stack.json');
    this.contents = existsSync(this.file)
      ? (JSON.parse(readFileSync(this.file, 'utf8')) as Contents)
      : { serviceKey: key(), secretKey: key(), kafkaPrefix: `stack-${randomBytes(4).toString('hex')}.` };
    this.keep({});
  }

  get(): Contents {
    return this.contents;
  }

  keep(more: Partial<Contents>): void {
    this.contents = { ...this.contents, ...more };
    const unfinished = `${this.file}.new`;
    writeFileSync(unfinished, `${JSON.stringify(this.contents)}\n`, { mode: 0o600, flush: true });
    renameSync(unfinished, this.file);
  }
}

function key(): string {
  return randomBytes(32).toString('base64url');
}
