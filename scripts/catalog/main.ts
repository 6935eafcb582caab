import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { compile } from './compile.js';
import { dataFolder, readCatalog } from './data.js';
import { addGrowingCommands } from './growing.js';
import { matchHosts } from './match.js';
import { stats } from './stats.js';
import { readTopAiApps } from './top-ai.js';

const program = new Command('catalog').description('Works on the catalog file of the product.');

program
  .command('compile')
  .description('compile the catalog file from a folder of public facts and the curated files')
  .argument('<facts>', 'folder with apps.jsonl.gz and genai-apps.tsv')
  .option('--data <folder>', 'folder of the curated files and of the result', dataFolder)
  .action((facts: string, options: { data: string }) => {
    const report = compile(facts, options.data);
    for (const line of report.warnings) console.error(`warning: ${line}`);
    console.log(`${report.apps} apps, version ${report.version}${report.changed ? '' : ' (unchanged)'}`);
  });

program
  .command('stats')
  .description('count what the catalog file holds')
  .option('--json', 'one JSON object')
  .action((options: { json?: boolean }) => {
    const figures = stats(readCatalog(dataFolder), readTopAiApps(dataFolder));
    if (options.json) console.log(JSON.stringify(figures));
    else console.dir(figures, { depth: null });
  });

program
  .command('match')
  .description('say which app claims each host, one JSON object a line')
  .argument('[hosts...]', 'hosts, or - to read them from standard input')
  .option('--json', 'the only format there is')
  .action(async (hosts: string[]) => {
    const match = matchHosts(readCatalog(dataFolder));
    const lines = hosts.length === 0 || hosts[0] === '-' ? createInterface({ input: process.stdin }) : hosts;
    for await (const host of lines) if (host.trim()) console.log(JSON.stringify(match(host.trim())));
  });

addGrowingCommands(program);

await program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
