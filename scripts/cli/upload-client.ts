import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What Gnomon says of a log file it has read. */
export interface UploadSummary {
  readonly id: string;
  readonly name: string;
  readonly format: string;
  readonly lines: number;
  readonly accepted: number;
  readonly skipped: number;
  readonly skipReasons: readonly { readonly reason: string; readonly count: number }[];
  readonly samples: readonly { readonly line: number; readonly reason: string; readonly sample: string }[];
}

/** Gnomon refused the file, or could not be reached. */
export class UploadError extends Error {
  override readonly name = 'UploadError';

  constructor(
    message: string,
    /** After how many seconds the same may succeed; undefined where it will not. */
    readonly retryAfterSeconds: number | undefined,
  ) {
    super(message);
  }
}

export interface Upload {
  readonly url: string;
  readonly token: string;
  readonly name: string;
  readonly id: string | undefined;
  readonly format: string | undefined;
  /** In bytes, where it is known. */
  readonly size: number | undefined;
}

const MAX_ANSWER_BYTES = 4 << 20;

/** Sends a file to `POST /v1/logs` as it is read. @throws UploadError */
export async function sendLog(upload: Upload, body: Readable): Promise<UploadSummary> {
  const target = new URL('/v1/logs', upload.url);
  target.searchParams.set('name', upload.name);
  if (upload.id !== undefined) target.searchParams.set('id', upload.id);
  if (upload.format !== undefined) target.searchParams.set('format', upload.format);
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(target, {
    method: 'POST',
    // One file, one connection: nothing is kept open behind it.
    agent: false,
    headers: {
      Authorization: `Bearer ${upload.token}`,
      'Content-Type': 'application/octet-stream',
      ...(upload.size === undefined ? {} : { 'Content-Length': upload.size }),
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  // A refusal may come before the whole file is sent: then the answer counts, not the broken pipe.
  const sent = pipeline(body, request).catch((error: unknown) => error);
  try {
    const response = await answered.catch((error: Error) => {
      throw new UploadError(`${target.origin} cannot be reached: ${error.message}`, 1);
    });
    const text = await textOf(response);
    if (response.statusCode !== 200) throw refusal(response, text);
    return JSON.parse(text) as UploadSummary;
  } finally {
    request.destroy();
    await sent;
  }
}

function refusal(response: IncomingMessage, text: string): UploadError {
  let title = text.slice(0, 500);
  try {
    const problem = JSON.parse(text) as { title?: string };
    title = problem.title ?? title;
  } catch {
    // Something on the way answered in its own words: they are shown as they are.
  }
  const retry = response.statusCode === 503 ? Number(response.headers['retry-after'] ?? 1) || 1 : undefined;
  return new UploadError(`Gnomon answered ${response.statusCode}: ${title}`, retry);
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new UploadError(`The answer broke off: ${(error as Error).message}`, 1);
  }
  return Buffer.concat(chunks).toString('utf8');
}
