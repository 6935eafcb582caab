import { Command, CommanderError } from 'commander';
import { addGrowingCommands } from '../catalog/growing.js';

/** `gnomon catalog`. @returns the exit code: 2 where the command line is wrong */
export async function catalog(args: readonly string[]): Promise<number> {
  const program = new Command('gnomon catalog').description('Grows the catalog of apps.').exitOverride();
  addGrowingCommands(program);
  // Subcommands that were added take the override over only when they are told.
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
