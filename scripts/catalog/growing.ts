import type { Command } from 'commander';
import { addCollectCommand } from './collect-command.js';
import { addImportCommands } from './import-command.js';
import { addUpdateCommands } from './update-command.js';

/** Adds everything that makes the catalog grow to a command. */
export function addGrowingCommands(program: Command): void {
  addImportCommands(program);
  addCollectCommand(program);
  addUpdateCommands(program);
}
