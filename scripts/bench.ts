import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** What every file in scripts/bench/ that is a benchmark exports. */
interface Benchmark {
  readonly run: () => Promise<{ readonly name: string; readonly unit: string; readonly median: object }>;
}

const FOLDER = new URL('./bench/', import.meta.url);

/** Helpers of a benchmark have a dash in their name; a benchmark has none. */
function names(): string[] {
  const files = readdirSync(FOLDER).filter((file) => /^[a-z]+\.js$/.test(file));
  return files.map((file) => file.slice(0, -'.js'.length)).sort();
}

function usage(): string {
  return `npm run bench -- NAME [--json]\n  NAME     one of ${names().join(', ')}\n  --json   print one JSON object`;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  const [name = '', ...others] = positionals;
  if (values.help) {
    process.stdout.write(`${usage()}\n`);
    return;
  }
  if (others.length > 0 || !names().includes(name)) {
    throw new Error(`There is no benchmark "${positionals.join(' ')}".\n${usage()}`);
  }
  const { run } = (await import(new URL(`${name}.js`, FOLDER).href)) as Benchmark;
  const result = await run();
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else printMedian(result);
}

function printMedian(result: Awaited<ReturnType<Benchmark['run']>>): void {
  process.stdout.write(`${result.name} (${result.unit}), median of the rounds\n`);
  for (const [field, value] of Object.entries(result.median) as [string, unknown][]) {
    const shown = typeof value === 'number' && !Number.isInteger(value) ? value.toFixed(3) : String(value);
    process.stdout.write(`  ${field.padEnd(28)} ${shown.padStart(12)}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
