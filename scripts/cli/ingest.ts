import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { Progress } from './progress.js';
import { sendLog, UploadError, type Upload, type UploadSummary } from './upload-client.js';
import { UsageError } from './usage-error.js';

export const INGEST_HELP = `Usage: gnomon ingest FILE [options]

Sends a log file to Gnomon: plain or gzip, of any length; - reads standard input. The format is found
out. A file is known by its content: sent again, renamed, compressed, or after it broke off, it is
counted once.

Options:
  --url URL        where Gnomon is (GNOMON_URL; default http://127.0.0.1:8080)
  --token TOKEN    an API token with the role admin or integration (GNOMON_TOKEN)
  --format FORMAT  squid-native, zeek-tsv, zeek-json or json-lines, where it is not to be found out
  --name NAME      what to call the file (default: its file name)
  --id ID          names this upload instead of the file's content
  --json           prints the summary as JSON

Exit codes: 0 the file was read, 1 it was refused or Gnomon was not reached, 2 the command line is wrong.
`;

const DEFAULT_URL = 'http://127.0.0.1:8080';
const ATTEMPTS = 5;
const SAMPLE_LENGTH = 90;
const GZIP_MAGIC = 0x1f8b;

interface Options {
  readonly file: string;
  readonly upload: Upload;
  readonly json: boolean;
}

/** `gnomon ingest`. @returns the exit code */
export async function ingest(args: string[]): Promise<number> {
  const options = await optionsOf(args);
  if (!options) {
    process.stdout.write(INGEST_HELP);
    return 0;
  }
  const began = performance.now();
  const summary = await deliver(options);
  const elapsedMs = Math.round(performance.now() - began);
  const recordsPerSecond = Math.round((summary.lines / Math.max(elapsedMs, 1)) * 1000);
  if (options.json) process.stdout.write(`${JSON.stringify({ ...summary, elapsedMs, recordsPerSecond })}\n`);
  else process.stdout.write(describe(summary, elapsedMs, recordsPerSecond));
  return 0;
}

async function optionsOf(args: string[]): Promise<Options | undefined> {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        url: text,
        token: text,
        format: text,
        name: text,
        id: text,
        json: flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, INGEST_HELP);
  }
  const { values, positionals } = parsed;
  if (values.help) return undefined;
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError('Name one file.', INGEST_HELP);
  const url = values.url ?? (process.env['GNOMON_URL'] || DEFAULT_URL);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`"${url}" is no URL.`, INGEST_HELP);
  const token = values.token ?? process.env['GNOMON_TOKEN'];
  if (!token) throw new UsageError('Give a token with --token or GNOMON_TOKEN.', INGEST_HELP);
  const isStdin = file === '-';
  const size = isStdin ? undefined : await sizeOf(file);
  const id = values.id ?? (isStdin ? undefined : await contentId(file));
  const name = values.name ?? (isStdin ? 'standard input' : path.basename(file));
  return { file, upload: { url, token, name, id, format: values.format, size }, json: values.json ?? false };
}

async function sizeOf(file: string): Promise<number | undefined> {
  const found = await statOf(file);
  if (found.isDirectory()) throw new Error(`${file} is a directory.`);
  return found.isFile() ? found.size : undefined;
}

async function statOf(file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${message}.`);
  }
}

/** Two uploads of the same text are one: a log that was rotated and compressed meanwhile stays the same log. */
async function contentId(file: string): Promise<string | undefined> {
  if (!(await statOf(file)).isFile()) return undefined;
  // A damaged archive has no text to be known by; its bytes have to do.
  const digest =
    ((await isGzip(file)) && (await digestOf(file, true).catch(() => ''))) || (await digestOf(file, false));
  return `sha256-${digest.slice(0, 48)}`;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE() === GZIP_MAGIC;
  } finally {
    await handle.close();
  }
}

async function digestOf(file: string, inflate: boolean): Promise<string> {
  const hash = createHash('sha256');
  const update = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) hash.update(chunk);
  };
  if (inflate) await pipeline(createReadStream(file), createGunzip(), update);
  else await pipeline(createReadStream(file), update);
  return hash.digest('hex');
}

/** Sends the file, again where that can help: a file with an id is counted once however often it is sent. */
async function deliver({ file, upload }: Options): Promise<UploadSummary> {
  for (let attempt = 1; ; attempt += 1) {
    const progress = new Progress(upload.size, process.stderr.isTTY ? process.stderr : undefined);
    const source = file === '-' ? process.stdin : createReadStream(file);
    source.once('error', (error: Error) => progress.destroy(error));
    try {
      return await sendLog(upload, source.pipe(progress));
    } catch (error) {
      const retry = error instanceof UploadError ? error.retryAfterSeconds : undefined;
      if (retry === undefined || upload.id === undefined || file === '-' || attempt >= ATTEMPTS) throw error;
      progress.clear();
      process.stderr.write(`${(error as Error).message}; trying again in ${retry} s\n`);
      await delay(retry * 1_000);
    } finally {
      progress.clear();
      if (file !== '-') source.destroy();
    }
  }
}

function describe(summary: UploadSummary, elapsedMs: number, recordsPerSecond: number): string {
  const count = (value: number): string => value.toLocaleString('en').padStart(12);
  const lines = [
    `${summary.name}: ${summary.format || 'empty'}, ${(elapsedMs / 1000).toFixed(1)} s, ${recordsPerSecond.toLocaleString('en')} records a second`,
    `${count(summary.lines)} records`,
    `${count(summary.accepted)} accepted`,
    `${count(summary.skipped)} skipped`,
  ];
  for (const { reason, count: skipped } of summary.skipReasons) {
    lines.push(`${count(skipped)}   ${reason}`);
    const first = summary.samples.find((sample) => sample.reason === reason);
    if (first) lines.push(`${' '.repeat(15)}line ${first.line}: ${first.sample.slice(0, SAMPLE_LENGTH)}`);
  }
  return `${lines.join('\n')}\n`;
}
