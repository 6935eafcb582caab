/** The command line is wrong: `help` says how it is right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  constructor(
    message: string,
    readonly help: string,
  ) {
    super(message);
  }
}
