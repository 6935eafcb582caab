/** What went wrong, as far as a caller can act on it. Each kind has one HTTP status and one RPC code. */
export type ErrorKind =
  'invalid' | 'not-found' | 'conflict' | 'unauthenticated' | 'forbidden' | 'too-large' | 'overloaded' | 'unavailable';

export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  overloaded: 503,
  unavailable: 503,
};

export interface ErrorDetails {
  /** The field, query parameter, header or setting that is wrong, as a dotted path. */
  readonly field?: string;
  /** With `overloaded`: after how many seconds to try again. */
  readonly retryAfterSeconds?: number;
  readonly [extra: string]: unknown;
}

/**
 * An expected failure: something a caller can be told and can act on. Everything else that is thrown is a defect or an
 * outage, is logged once with a correlation id and shows nothing of its inside.
 */
export class DomainError extends Error {
  /**
   * @param kind decides the HTTP status
   * @param code stable and dotted, for example `policy.name-taken`; clients may depend on it
   * @param message for a person
   */
  constructor(
    readonly kind: ErrorKind,
    readonly code: string,
    message: string,
    readonly details: ErrorDetails = {},
  ) {
    super(message);
    this.name = 'DomainError';
  }
}

export function isDomainError(error: unknown): error is DomainError {
  return error instanceof DomainError;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
