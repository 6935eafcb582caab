import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { correlationId } from '../correlation.js';
import { HTTP_STATUS, isDomainError, type DomainError } from '../errors.js';

/** The body of an error answer: RFC 9457 problem details, with our stable `code`. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly [extra: string]: unknown;
}

/** Turns whatever an HTTP handler threw into one kind of answer, and logs what nobody expected. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    // GraphQL formats its own errors.
    if (host.getType<string>() !== 'http') throw error;
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, body } = this.describe(error);
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (isDomainError(error) && error.details.retryAfterSeconds !== undefined) {
      void reply.header('Retry-After', String(Math.max(1, Math.ceil(error.details.retryAfterSeconds))));
    }
    if (status === 401) void reply.header('WWW-Authenticate', 'Bearer');
    // What is left of a refused body would be read as the next request.
    if (status === 413 || status === 408) void reply.header('Connection', 'close');
    void reply.status(status).header('Content-Type', 'application/problem+json').send(JSON.stringify(body));
  }

  private describe(error: unknown): { status: number; body: Problem } {
    if (isDomainError(error)) return { status: HTTP_STATUS[error.kind], body: problemOf(error) };
    if (error instanceof HttpException) return describeHttp(error.getStatus(), error.message);
    const fastifyStatus = statusOf(error);
    if (fastifyStatus !== undefined && fastifyStatus < 500)
      return describeHttp(fastifyStatus, (error as Error).message);
    const id = correlationId();
    this.logger.error(error instanceof Error ? error : String(error), { correlationId: id });
    return {
      status: 500,
      body: { type: 'about:blank', title: 'Internal error', status: 500, code: 'internal', correlationId: id },
    };
  }
}

/** The problem details of an expected failure. */
export function problemOf(error: DomainError): Problem {
  const status = HTTP_STATUS[error.kind];
  return { ...error.details, type: 'about:blank', title: error.message, status, code: error.code };
}

function describeHttp(status: number, message: string): { status: number; body: Problem } {
  return { status, body: { type: 'about:blank', title: message, status, code: `http.${status}` } };
}

function statusOf(error: unknown): number | undefined {
  if (!error || typeof error !== 'object' || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
