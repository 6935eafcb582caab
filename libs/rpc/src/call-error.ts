import type { JsonObject } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { CallErrorKind, CallErrorSchema } from '#contracts';
import { DomainError, type ErrorKind } from '#kernel';
import { deadlineExceeded, notServed, refused, unavailable } from './rpc.errors.js';

/** Each kind of expected failure on the wire: its own number, and the gRPC code that says it to other clients. */
const ON_THE_WIRE: Readonly<Record<ErrorKind, readonly [CallErrorKind, Code]>> = {
  invalid: [CallErrorKind.INVALID, Code.InvalidArgument],
  'not-found': [CallErrorKind.NOT_FOUND, Code.NotFound],
  conflict: [CallErrorKind.CONFLICT, Code.AlreadyExists],
  unauthenticated: [CallErrorKind.UNAUTHENTICATED, Code.Unauthenticated],
  forbidden: [CallErrorKind.FORBIDDEN, Code.PermissionDenied],
  'too-large': [CallErrorKind.TOO_LARGE, Code.OutOfRange],
  overloaded: [CallErrorKind.OVERLOADED, Code.ResourceExhausted],
  unavailable: [CallErrorKind.UNAVAILABLE, Code.Unavailable],
};

const KIND_OF = new Map(Object.entries(ON_THE_WIRE).map(([kind, [number]]) => [number, kind as ErrorKind] as const));

/** A call that ended in another process for a reason that is neither expected nor an outage. That process logged why. */
export class RemoteFailure extends Error {
  constructor(method: string, correlationId: string) {
    super(`${method} failed in its process; the log line there has the correlation id ${correlationId}.`);
    this.name = 'RemoteFailure';
  }
}

/** How an expected failure travels. */
export function toConnectError(error: DomainError): ConnectError {
  const [kind, code] = ON_THE_WIRE[error.kind];
  const value = { kind, code: error.code, message: error.message, details: jsonOf(error.details) };
  return new ConnectError(error.message, code, undefined, [{ desc: CallErrorSchema, value }]);
}

/** The failure of a call as its caller would have seen it had the other side been in the same process. */
export function fromConnectError(
  error: ConnectError,
  call: { contract: string; method: string; correlationId: string },
): Error {
  const failure = expectedFailure(error);
  if (failure) return failure;
  switch (error.code) {
    case Code.DeadlineExceeded:
      return deadlineExceeded(call.contract);
    case Code.Unauthenticated:
      return refused(call.contract);
    case Code.Unimplemented:
      return notServed(call.contract, call.method);
    default:
      return isOutage(error)
        ? unavailable(call.contract)
        : new RemoteFailure(`${call.contract}.${call.method}`, call.correlationId);
  }
}

/** Whether the call may not have arrived, or its answer got lost: a read may be tried again. */
export function isOutage(error: ConnectError): boolean {
  if (error.findDetails(CallErrorSchema).length > 0) return false;
  if (error.code === Code.Unavailable || error.code === Code.Aborted || error.code === Code.Canceled) return true;
  return isBrokenConnection(error.cause);
}

/** Connect knows some of Node's codes for a connection that broke; any of them means the same to a caller. */
function isBrokenConnection(cause: unknown): boolean {
  if (!cause || typeof cause !== 'object' || !('code' in cause)) return false;
  return typeof cause.code === 'string' && /^(E[A-Z]+|ERR_(HTTP2|STREAM)_\w+)$/.test(cause.code);
}

function expectedFailure(error: ConnectError): DomainError | undefined {
  const [detail] = error.findDetails(CallErrorSchema);
  const kind = detail && KIND_OF.get(detail.kind);
  return kind && new DomainError(kind, detail.code, detail.message, detail.details ?? {});
}

/** Details hold JSON values; a bigint, which JSON has no room for, becomes text. */
function jsonOf(details: DomainError['details']): JsonObject {
  const text = JSON.stringify(details, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return JSON.parse(text) as JsonObject;
}
