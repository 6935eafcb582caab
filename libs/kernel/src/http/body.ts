import type { IncomingMessage } from 'node:http';
import { PassThrough, Transform, pipeline, type Readable, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { DomainError, isDomainError } from '../errors.js';
import { bodyTooSlow, bodyDeadlineMs } from './http.config.js';

export interface BodyLimits {
  /** The most bytes that may come over the wire. */
  readonly maxBytes: number;
  /** The most bytes that may come out of decompression. Default: `maxBytes`. */
  readonly maxInflatedBytes?: number;
}

/**
 * The body of a request under `/v1/`, which arrives unparsed, decompressed by its Content-Encoding.
 *
 * @throws (through the stream) DomainError `body.too-large`, `body.unreadable` for broken gzip,
 * `body.unsupported-encoding` for any other encoding
 */
export function bodyStream(request: FastifyRequest, limits: BodyLimits): Readable {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const declared = Number(request.headers['content-length']);
  if (declared > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const wire = new ByteLimit(limits.maxBytes);
  if (encoding === 'identity' || encoding === '') return chain(request.raw, wire);
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new DomainError(
      'invalid',
      'body.unsupported-encoding',
      `Content-Encoding "${encoding}" is not supported; use gzip.`,
      {
        field: 'Content-Encoding',
      },
    );
  }
  return chain(request.raw, wire, createGunzip(), new ByteLimit(limits.maxInflatedBytes ?? limits.maxBytes));
}

/**
 * The whole body, for messages small enough to hold. Throws what `bodyStream` throws; a body that takes longer than
 * GNOMON_HTTP_BODY_SECONDS is answered 408, so that a slow or silent sender cannot keep what was set aside for it.
 */
export async function readBody(request: FastifyRequest, limits: BodyLimits): Promise<Buffer> {
  const stream = bodyStream(request, limits);
  const late = setTimeout(() => stream.destroy(bodyTooSlow()), bodyDeadlineMs());
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  } finally {
    clearTimeout(late);
  }
}

/** A JSON body. @throws DomainError `body.not-json` beside what `bodyStream` throws */
export async function readJson(request: FastifyRequest, limits: BodyLimits): Promise<unknown> {
  const body = await readBody(request, limits);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new DomainError('invalid', 'body.not-json', `The body is not JSON: ${(error as Error).message}`, {
      field: 'body',
    });
  }
}

function chain(source: IncomingMessage, first: Transform, ...stages: Transform[]): Readable {
  const out = new BodyOut();
  pipeline([first, ...stages, out], () => source.unpipe(first).resume());
  // Not part of the pipeline: a failure there would destroy the socket, and with it the answer that says what was wrong.
  source.pipe(first);
  source.once('error', (error) => first.destroy(error));
  source.once('close', () => {
    if (!source.readableEnded) first.destroy(new Error('closed'));
  });
  return out;
}

function asAnswerable(error: Error): Error {
  if (isDomainError(error) || 'statusCode' in error) return error;
  if ('code' in error && String(error.code).startsWith('Z_')) {
    return new DomainError('invalid', 'body.unreadable', 'The body is not valid gzip, or ends too early.', {
      field: 'body',
    });
  }
  return new DomainError('invalid', 'body.incomplete', 'The request ended before its body did.', { field: 'body' });
}

function tooLarge(maxBytes: number): DomainError {
  return new DomainError('too-large', 'body.too-large', `The body is larger than ${maxBytes} bytes.`, {
    field: 'body',
    maxBytes,
  });
}

class ByteLimit extends Transform {
  private seen = 0;

  constructor(private readonly maxBytes: number) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.seen += chunk.length;
    if (this.seen > this.maxBytes) done(tooLarge(this.maxBytes));
    else done(null, chunk);
  }
}

/** Where the body comes out; whatever failed on the way fails here as something a client can be told. */
class BodyOut extends PassThrough {
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    done(error && asAnswerable(error));
  }
}
