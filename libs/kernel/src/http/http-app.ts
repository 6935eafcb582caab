import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { newCorrelationId, withCorrelationId } from '../correlation.js';
import { Health } from '../health.js';
import { StructuredLogger } from '../logger.js';
import { ProblemFilter } from './problem.filter.js';

const JSON_BODY_LIMIT = 1024 * 1024;
/** A caller's own id is kept if it is one that cannot break a log line. */
const ACCEPTABLE_CORRELATION_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** Boots a Nest application on Fastify with the house's body handling, errors, correlation ids and shutdown. */
export async function createHttpApp(
  module: Type | DynamicModule,
  options: { logger?: StructuredLogger } = {},
): Promise<NestFastifyApplication> {
  const logger = options.logger ?? new StructuredLogger();
  const adapter = new FastifyAdapter({
    bodyLimit: JSON_BODY_LIMIT,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    // A long poll must not hold up a shutdown.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 512 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  parseBodies(fastify);
  carryCorrelationIds(fastify);
  app.useGlobalFilters(new ProblemFilter());
  return app;
}

/** Listens, and answers the URL. Port 0 takes a free one. */
export async function listen(app: NestFastifyApplication, port: number, host: string): Promise<string> {
  await app.listen(port, host);
  const address = app.getHttpServer().address() as { port: number };
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown}:${address.port}`;
}

/** Stops taking work, then closes everything in order: first what brings work, last the database. */
export async function closeApp(app: NestFastifyApplication): Promise<void> {
  app.get(Health, { strict: false }).markStopping();
  await app.close();
}

/** Everything under /v1/ reads its own body as a stream; the rest (GraphQL) takes JSON. */
function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const isRaw = (request: FastifyRequest): boolean => request.url.startsWith('/v1/');
  fastify.addContentTypeParser('application/json', (request, payload, done) => {
    if (isRaw(request)) return done(null, undefined);
    const chunks: Buffer[] = [];
    let size = 0;
    payload.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > JSON_BODY_LIMIT) {
        payload.removeAllListeners('data').resume();
        done(Object.assign(new Error(`The body is larger than ${JSON_BODY_LIMIT} bytes.`), { statusCode: 413 }));
        return;
      }
      chunks.push(chunk);
    });
    payload.on('error', (error: Error) => done(Object.assign(error, { statusCode: 400 })));
    payload.on('end', () => {
      if (size > JSON_BODY_LIMIT) return;
      if (size === 0) return done(null, undefined);
      try {
        done(null, JSON.parse(Buffer.concat(chunks).toString('utf8')));
      } catch {
        done(Object.assign(new Error('The body is not JSON.'), { statusCode: 400 }));
      }
    });
  });
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
}

function carryCorrelationIds(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const given = request.headers['x-correlation-id'];
    const id = typeof given === 'string' && ACCEPTABLE_CORRELATION_ID.test(given) ? given : newCorrelationId();
    void reply.header('X-Correlation-Id', id);
    withCorrelationId(id, done);
  });
}
