import { isDomainError, messageOf } from '#kernel';

/** Ends a process that could not start. What an operator can act on is one line; of anything else the place is shown. */
export function explainStop(what: string, error: unknown): never {
  const place = error instanceof Error && !isDomainError(error) ? error.stack : undefined;
  process.stderr.write(`${what} did not start: ${place ?? messageOf(error)}\n`);
  process.exit(1);
}
