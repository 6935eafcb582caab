import { HeaderMap } from '@apollo/server';
import { Logger } from '@nestjs/common';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { correlationId, isDomainError, type DomainError, type ErrorKind } from '#kernel';

/** `extensions.code` of expected failures. The stable code of the very failure is `extensions.detail`. */
const CODES: Readonly<Record<ErrorKind, string>> = {
  invalid: 'BAD_USER_INPUT',
  'not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  'too-large': 'TOO_LARGE',
  overloaded: 'OVERLOADED',
  unavailable: 'UNAVAILABLE',
};

/** Codes that Apollo and graphql-js give to operations that are wrong in themselves. Their messages are for clients. */
const REQUEST_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

const logger = new Logger('GraphQL');

/** What a client sees of an error: everything of an expected one, nothing of the inside of any other. */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const place = { locations: formatted.locations, path: formatted.path };
  if (isDomainError(cause)) return { ...place, message: cause.message, extensions: extensionsOf(cause) };
  const code = formatted.extensions?.['code'];
  if (REQUEST_CODES.has(code)) return { ...place, message: formatted.message, extensions: { code } };
  const id = correlationId();
  logger.error(cause instanceof Error ? cause : new Error(String(cause)), {
    correlationId: id,
    graphqlPath: formatted.path?.join('.'),
  });
  return {
    ...place,
    message: 'Something went wrong. The correlation id finds it in the logs.',
    extensions: { code: 'INTERNAL', correlationId: id },
  };
}

/** The extensions of an expected failure. */
export function extensionsOf(error: DomainError): Record<string, unknown> {
  const { field, retryAfterSeconds } = error.details;
  return {
    code: CODES[error.kind],
    detail: error.code,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The same for errors that do not pass through Apollo: those of operations over WebSocket. */
export function formatSocketErrors(errors: readonly GraphQLError[]): GraphQLFormattedError[] {
  return errors.map((error) => formatError(error.toJSON(), error));
}

/** A failure that is no part of an answer, as Apollo takes it: with its HTTP status. */
export function requestError(error: DomainError, status: number): GraphQLError {
  const headers = new HeaderMap();
  if (status === 401) headers.set('www-authenticate', 'Bearer');
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: { ...extensionsOf(error), http: { status, headers } },
  });
}
