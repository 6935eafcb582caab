import { catalog } from './catalog.js';
import { ingest } from './ingest.js';
import { UsageError } from './usage-error.js';

const HELP = `Usage: gnomon <command>

Commands:
  ingest FILE       send a log file to Gnomon
  catalog COMMAND   grow the catalog: import lists, measure apps, sign updates

\`gnomon <command> --help\` tells more.
`;

/**
 * Runs the command line.
 *
 * @returns the exit code: 0 done, 1 it failed, 2 the command line is wrong
 */
export async function run(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  try {
    if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
      process.stdout.write(HELP);
      return command === undefined ? 2 : 0;
    }
    if (command === 'ingest') return await ingest(rest);
    if (command === 'catalog') return await catalog(rest);
    throw new UsageError(`There is no command "${command}".`, HELP);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${error.help}`);
      return 2;
    }
    process.stderr.write(`gnomon: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}
