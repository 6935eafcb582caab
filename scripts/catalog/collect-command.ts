import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isDate } from '../../services/catalog/src/domain/factors/value.js';
import { collect, type Collected } from './collect/collect.js';
import { dataFolder, readCatalog } from './data.js';
import { table } from './import-report.js';
import { writeWhole } from './update-files.js';

interface Options {
  readonly apps: string;
  readonly out: string;
  readonly data: string;
  readonly rate: string;
  readonly pause: string;
  readonly parallel: string;
  readonly timeout: string;
  readonly userAgent: string;
  readonly rdap: string;
  readonly ca?: string;
  readonly allowPrivate?: boolean;
  readonly date?: string;
  readonly json?: boolean;
}

const USER_AGENT = 'gnomon-collector/1.0 (measures TLS and security headers of cloud apps)';
const RDAP = 'https://rdap.org/';
const MAX_APPS = 5_000;

/** Adds `collect` to a command. */
export function addCollectCommand(program: Command): void {
  program
    .command('collect')
    .description('measure apps from outside: TLS, certificate, security headers, security.txt, age of the domain')
    .requiredOption('--apps <ids>', 'ids of apps of the catalog, with commas between')
    .requiredOption('--out <file>', 'where the values go, one JSON object a line; compile reads those in DATA/measured')
    .option('--data <folder>', 'folder of the catalog data', dataFolder)
    .option('--rate <count>', 'requests a second over all hosts, at most', '2')
    .option('--pause <seconds>', 'time between two requests to the same host', '1')
    .option('--parallel <count>', 'how many hosts at a time', '4')
    .option('--timeout <seconds>', 'for one request', '10')
    .option('--user-agent <text>', 'how it introduces itself; its first word is looked for in robots.txt', USER_AGENT)
    .option('--rdap <url>', 'the RDAP server', RDAP)
    .option('--ca <file>', 'certificates to trust beside those of browsers, PEM')
    .option('--allow-private', 'also connect to addresses that are not public')
    .option('--date <day>', 'the day the values get, YYYY-MM-DD (default: today)')
    .option('--json', 'one JSON array of what was found')
    .action((options: Options) => collectApps(options));
}

async function collectApps(options: Options): Promise<void> {
  const wanted = [...new Set(options.apps.split(',').map((id) => id.trim()))].filter((id) => id !== '');
  const known = new Map(readCatalog(options.data).apps.map((app) => [app.id, app]));
  const unknown = wanted.filter((id) => !known.has(id));
  if (unknown.length > 0) throw new Error(`The catalog has no app ${unknown.slice(0, 10).join(', ')}.`);
  if (wanted.length > MAX_APPS) throw new Error(`At most ${MAX_APPS} apps at once.`);
  const observedOn = options.date ?? new Date().toISOString().slice(0, 10);
  if (!isDate(observedOn)) throw new Error(`--date must be a day (YYYY-MM-DD), not "${observedOn}".`);
  if (!URL.canParse(options.rdap) || !options.rdap.startsWith('https://'))
    throw new Error('--rdap must be an https URL.');
  const apps = wanted.flatMap((id) => known.get(id) ?? []);
  const done: Collected[] = [];
  const settings = {
    requestsPerSecond: within('--rate', options.rate, 0.01, 50),
    hostPauseMs: within('--pause', options.pause, 0, 3_600) * 1_000,
    parallel: Math.floor(within('--parallel', options.parallel, 1, 32)),
    timeoutMs: within('--timeout', options.timeout, 0.1, 120) * 1_000,
    userAgent: options.userAgent,
    allowPrivate: options.allowPrivate ?? false,
    ca: options.ca === undefined ? undefined : readFileSync(options.ca, 'utf8'),
    rdap: new URL(options.rdap.endsWith('/') ? options.rdap : `${options.rdap}/`),
    observedOn,
  };
  await collect(apps, settings, (one) => {
    done.push(one);
    // After each app, so that a run that is broken off has not been for nothing.
    writeWhole(options.out, Buffer.from(factText(done)));
    const found = one.lines.reduce((sum, line) => sum + Object.keys(line.values).length, 0);
    process.stderr.write(`${done.length}/${apps.length}  ${one.app} (${one.host}): ${found} values\n`);
  });
  if (options.json) console.log(JSON.stringify(done.sort(byApp)));
  else console.log(report(done.sort(byApp), options.out));
}

/** The lines of a run: those of each app together, in the order of their ids. */
export function factText(done: readonly Collected[]): string {
  return [...done]
    .sort(byApp)
    .flatMap(({ lines }) => lines)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');
}

function report(done: readonly Collected[], out: string): string {
  const rows = done.map(({ app, host, lines, problems }) => [
    app,
    host,
    lines.reduce((sum, line) => sum + Object.keys(line.values).length, 0),
    problems.join('\n'),
  ]);
  return `${table(['App', 'Host', 'Values', 'Not measured'], rows)}\nWritten to ${out}.`;
}

function byApp(a: Collected, b: Collected): number {
  return a.app < b.app ? -1 : 1;
}

function within(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most)) {
    throw new Error(`${option} must be a number from ${least} to ${most}, not "${text}".`);
  }
  return value;
}
