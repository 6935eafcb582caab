import { sqlState } from '#database';
import { isDomainError } from '#kernel';

// Classes of SQLSTATE that say "not now" rather than "not this": connection, resources, operator intervention, system
// error; and single states of others.
const CLASSES = new Set(['08', '53', '57', '58', 'XX']);
const STATES = new Set(['25P02', '25P03', '25P04', '40001', '40P01', '55P03', '25006']);
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENOENT',
]);
const CONNECTION_WORDS =
  /connection terminated|connection error|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|query runner already released|driver not connected|server closed the connection/i;

/**
 * Whether an error is about the state of the world (database gone, another service unavailable) and not about the record
 * in hand: such a record is tried for ever and never parked.
 */
export function isOutage(error: unknown): boolean {
  if (isDomainError(error)) return error.kind === 'unavailable' || error.kind === 'overloaded';
  const state = sqlState(error);
  if (state !== undefined) return CLASSES.has(state.slice(0, 2)) || STATES.has(state);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && SOCKET.has(error.code)) return true;
  if (CONNECTION_WORDS.test(error.message)) return true;
  if ('driverError' in error && error.driverError !== error) return isOutage(error.driverError);
  return false;
}

/** Whether a statement took longer than it may: of several records, fewer may do; of a single one, it is an outage. */
export function isStatementTimeout(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/** Whether the tables asked for are not there (yet): their owner has not started for the first time. */
export function isMissingTable(error: unknown): boolean {
  const state = sqlState(error);
  return state === '42P01' || state === '3F000';
}
