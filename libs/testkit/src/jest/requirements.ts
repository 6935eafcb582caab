import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { kafkaMissing } from '../servers/kafka.js';
import { redisMissing } from '../servers/redis.js';

/** What a test may need beyond Node and npm. */
export interface Requirements {
  /** A Chromium, Chrome or Edge that can run headless. */
  chromium?: boolean;
  /** A Kafka broker, or what it takes to start one; `own` where the test kills it or sets it up otherwise. */
  kafka?: boolean | 'own';
  /** A Redis, or a redis-server to start; `own` where the test kills it or forgets all its keys. */
  redis?: boolean | 'own';
  /** A Kafka and a Redis of the test's own, as processes that can be killed. */
  stack?: boolean;
}

type Describe = (name: string, tests: () => void) => void;

const CHROMIUM_COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const CHROMIUM_FILES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
];

/** The path of an installed Chromium, or undefined. */
export function chromiumPath(): string | undefined {
  const file = CHROMIUM_FILES.find((path) => existsSync(path));
  if (file) return file;
  const lookUp = CHROMIUM_COMMANDS.map((command) => `command -v ${command}`).join(' || ');
  const found = spawnSync(lookUp, { shell: true, encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/**
 * `describe`, where everything asked for is there; else a skipped `describe` whose title says what is missing, so that
 * the test run can name it.
 *
 * @example requires({ chromium: true })('the block page', () => { … });
 */
export function requires(requirements: Requirements): Describe {
  const wanting: (string | undefined)[] = [];
  if (requirements.chromium && !chromiumPath()) wanting.push('Chromium: install the package chromium or Google Chrome');
  if (requirements.kafka) wanting.push(kafkaMissing(requirements.kafka === 'own'));
  if (requirements.redis) wanting.push(redisMissing(requirements.redis === 'own'));
  if (requirements.stack) wanting.push(...stackMissing());
  const missing = wanting.filter((each) => each !== undefined);
  // Taken from the global scope, not imported: scripts use the testkit outside Jest, where the import would throw.
  const { describe } = globalThis as unknown as { describe: Describe & { skip: Describe } };
  if (missing.length === 0) return describe;
  return (name, tests) => describe.skip(`${name} (needs ${missing.join('; ')})`, tests);
}

function stackMissing(): (string | undefined)[] {
  const named = ['KAFKA_BROKERS', 'REDIS_URL'].filter((name) => process.env[name]);
  if (named.length > 0) return [`servers that can be killed: unset ${named.join(' and ')}`];
  return [kafkaMissing(true), redisMissing(true)];
}
