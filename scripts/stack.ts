import { parseArgs } from 'node:util';
import type { Part } from '../libs/testkit/src/stack/part.js';
import { oneProcessEach, Stack } from '../libs/testkit/src/stack/stack.js';

const USAGE = `npm run stack -- [--directory DIR] [--telemetry N] [--port PORT] [--json]
The distributed profile on this machine: Kafka, Redis, Postgres, and each service in a process of its own.
  --directory  where its data lives and stays; default: a temporary directory that goes when it stops
  --telemetry  how many processes of telemetry, 1 to 16; default 2
  --port       the port of the one URL; default 8080, 0 takes a free one
  --json       print one JSON object when it is ready, and nothing else`;
const FORCE_AFTER_MS = 1_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string' },
      telemetry: { type: 'string', default: '2' },
      port: { type: 'string', default: '8080' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const stopped = signalled();
  const startedAt = performance.now();
  const say = (line: string): void => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1).padStart(5);
    if (!values.json) process.stdout.write(`${seconds} s  ${line}\n`);
  };
  let isReady = false;
  void stopped.then(() => isReady || say('It stops as soon as it has started; once more, and it stops at once'));
  const stack = await Stack.start({
    processes: oneProcessEach(count('telemetry', values.telemetry, 1, 16)),
    port: count('port', values.port, 0, 65_535),
    catalog: 'whole',
    environment: { GNOMON_TENANT_NAME: 'Example Corporation', GNOMON_SUPPORT_URL: 'https://help.example.com/ai' },
    ...(values.directory ? { directory: values.directory } : {}),
    onProgress: say,
  });
  isReady = true;
  const { url, adminToken, enrolmentSecret } = stack;
  const parts = stack.parts().map(({ name, kind, pid, address }) => ({ name, kind, pid, address }));
  if (values.json) process.stdout.write(`${JSON.stringify({ url, adminToken, enrolmentSecret, parts })}\n`);
  else process.stdout.write(screen(stack, values.directory));
  await stopped;
  say('Stopping: what has begun is finished');
  await stack.stop();
  say('Stopped');
}

function screen(stack: Stack, directory: string | undefined): string {
  const { url, adminToken, enrolmentSecret } = stack;
  const row = ({ name, address, pid }: Part): string =>
    `  ${name.padEnd(16)}  ${address.padEnd(21)} ${pid === undefined ? '' : `pid ${pid}`}`;
  return [
    '',
    `Gnomon is ready at ${url}`,
    `  GraphiQL          ${url}/graphiql`,
    `  admin token       ${adminToken}`,
    `  enrolment secret  ${enrolmentSecret}`,
    `  data              ${directory ?? 'temporary: it goes when the stack stops'}`,
    '',
    ...stack.parts().map(row),
    '',
    'To play the demo against it:',
    `  npm run demo -- --once --json --url ${url} --token ${adminToken} --enrolment-secret ${enrolmentSecret}`,
    'Ctrl-C drains and stops it.',
    '',
  ].join('\n');
}

function count(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}.\n${USAGE}`);
}

/** Resolves at the first signal. npm hands on what the terminal sent already: only a later one means at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (): void => {
      first ??= Date.now();
      // What was started ends with this process.
      if (Date.now() - first > FORCE_AFTER_MS) process.exit(130);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`The stack did not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
