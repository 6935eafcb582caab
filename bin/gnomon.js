#!/usr/bin/env node
// The `gnomon` command. Runs the built code: `npm run build` makes it.
import { existsSync } from 'node:fs';

const main = new URL('../dist/scripts/cli/gnomon.js', import.meta.url);
if (existsSync(main)) {
  const { run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  process.stderr.write('Build it first: npm run build\n');
  process.exitCode = 1;
}
