import 'reflect-metadata';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { newCorrelationId, withCorrelationId } from '../correlation.js';
import { Health } from '../health.js';
import { StructuredLogger } from '../logger.js';
import { readJson } from './body.js';
import { HttpSettings } from './http.config.js';
import { answerBeforeClosing } from './drain.js';
import { ProblemFilter } from './problem.filter.js';

const JSON_BODY_LIMIT = 1024 * 1024;
/** The longest a request may take to arrive, log files included: whoever needs longer holds a connection for nothing. */
const LONGEST_UPLOAD_MS = 6 * 3_600_000;
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
    // Counts until the request has arrived, not until it is answered: a long poll may wait.
    requestTimeout: LONGEST_UPLOAD_MS,
    keepAliveTimeout: 75_000,
    http: {
      headersTimeout: HttpSettings.load().headerSeconds * 1_000,
      connectionsCheckingInterval: 5_000,
      // Clients that offer HTTP/2 in passing get their answer in HTTP/1.1.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    // What is open when the requests in hand are answered must not hold up a shutdown.
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/') ? url : originForm(url)),
    routerOptions: { maxParamLength: 512 },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  parseBodies(fastify);
  carryCorrelationIds(fastify);
  answerBeforeClosing(fastify);
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

/** The path of a target that names the host too, as a client may that takes this for a proxy (RFC 9112, 3.2.2). */
function originForm(target: string): string {
  if (!URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname.startsWith('/') ? pathname + search : target;
}

/** Everything under /v1/ reads its own body as a stream; the rest (GraphQL) takes JSON. */
function parseBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const isRaw = (request: FastifyRequest): boolean => request.url.startsWith('/v1/');
  fastify.addContentTypeParser('application/json', (request, _payload, done) => {
    if (isRaw(request) || request.headers['content-length'] === '0') return done(null, undefined);
    readJson(request, { maxBytes: JSON_BODY_LIMIT }).then(
      (body) => done(null, body),
      (error: Error) => done(error),
    );
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
