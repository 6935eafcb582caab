#!/usr/bin/env node
// What the container image runs. The first argument says which process: the name of a service, `standalone` (what
// GNOMON_SERVICES names), `migrate`, `await-migrations` before a service that must find its tables, `bootstrap`, or
// `probe healthz|readyz`, a health check from inside.
const SERVICES = ['gateway', 'catalog', 'telemetry', 'policy', 'blocklist', 'correlator'];
const PROCESSES = new Map([
  ...SERVICES.map((name) => [name, `../dist/services/${name}/src/main.js`]),
  ['standalone', '../dist/services/standalone/src/main.js'],
  ['migrate', '../dist/services/standalone/src/migrate.js'],
  ['bootstrap', '../dist/services/standalone/src/bootstrap.js'],
  ['await-migrations', '../dist/services/standalone/src/await-migrations.js'],
]);
const PROBE_TIMEOUT_MS = 4_000;

const [name = 'standalone', argument = 'healthz'] = process.argv.slice(2);
const file = PROCESSES.get(name);
if (file) {
  endOnEarlySignal();
  await import(new URL(file, import.meta.url).href);
} else if (name === 'probe') {
  process.exitCode = (await answers(argument)) ? 0 : 1;
} else {
  const known = [...PROCESSES.keys(), 'probe'].join(', ');
  process.stderr.write(`"${name}" is not a process of Gnomon. There are: ${known}.\n`);
  process.exitCode = 2;
}

/**
 * The first process of a container is not ended by a signal that it does not handle. Until it does, it has nothing in hand
 * and can end at once.
 */
function endOnEarlySignal() {
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ]) {
    const end = () => process.exit(128 + number);
    process.on(signal, end);
    process.on('newListener', (event) => {
      // Only once the other listens: Node lets go of a signal when its last listener goes, even for a moment.
      if (event === signal) process.nextTick(() => process.removeListener(signal, end));
    });
  }
}

async function answers(endpoint) {
  const url = `http://127.0.0.1:${process.env['GNOMON_HTTP_PORT'] || 8080}/${endpoint}`;
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok;
  } catch {
    return false;
  }
}
