import { parseArgs } from 'node:util';
import { Stack } from '../libs/testkit/src/stack/stack.js';
import { FREEZE_MS } from './chaos/faults.js';
import { isGood, type ChaosResult } from './chaos/report.js';
import { runChaos, type ChaosOptions } from './chaos/run.js';

const USAGE = `npm run chaos -- [--cycles N] [--seed S] [--rate EVENTS] [--directory PATH] [--json]
  --cycles     how often something goes wrong; default 20
  --seed       which faults, in which order; default 1
  --rate       how many events a second the agents send while nothing hinders them; default 1000
  --directory  where the data and the logs of all processes stay; default: a temporary one that goes
  --json       print one JSON object on standard output; progress goes to standard error`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cycles: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      rate: { type: 'string', default: '1000' },
      directory: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const startedAt = performance.now();
  const say = (line: string): void => {
    process.stderr.write(`${((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
  };
  const options: ChaosOptions = {
    cycles: wholeNumber('cycles', values.cycles),
    seed: wholeNumber('seed', values.seed),
    devices: 20,
    batch: 100,
    rate: wholeNumber('rate', values.rate),
    flipEveryMs: 700,
    freezeMs: FREEZE_MS,
    plannedStops: 6,
    patienceMs: 120_000,
    say,
  };
  const { directory } = values;
  const stack = await Stack.start({ proxied: true, ...(directory && { directory }) });
  say('The stack runs');
  try {
    const { url, adminToken, enrolmentSecret, brokers, databaseUrl, kafkaPrefix } = stack;
    const target = { url, adminToken, enrolmentSecret, brokers, databaseUrl, topicPrefix: kafkaPrefix };
    const stage = { target, parts: () => stack.parts(), ready: () => stack.ready() };
    const result = await runChaos(stage, options);
    print(result, values.json);
    if (!isGood(result)) process.exitCode = 1;
  } finally {
    say('Stopping');
    await stack.stop();
  }
}

function print(result: ChaosResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  for (const [name, value] of Object.entries(result)) {
    const lines = Array.isArray(value) ? value.map((each) => `\n    ${text(each)}`).join('') : text(value);
    process.stdout.write(`  ${name.padEnd(24)} ${lines}\n`);
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} must be a whole number from 1.\n${USAGE}`);
  return number;
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`Chaos failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  })
  // Once all is written. Left to itself, Node may hang over the ends of pipes to processes that are long gone.
  .finally(() => process.stdout.write('', () => process.exit()));
