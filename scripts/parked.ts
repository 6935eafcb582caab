// `npm run parked`: the records that consumers could not apply, and what is to become of them.
import os from 'node:os';
import { parseArgs } from 'node:util';
import { messageOf } from '#kernel';
import { ParkedAdmin } from './parked/parked-admin.js';
import { printParked, printOutcome } from './parked/parked-report.js';

const USAGE = `npm run parked -- list   [--service S] [--group G] [--json]
npm run parked -- replay [--service S] [--group G] (TOPIC/PARTITION/OFFSET | --all) [--wait SECONDS] [--json]
npm run parked -- drop   [--service S] [--group G] (TOPIC/PARTITION/OFFSET | --all) [--wait SECONDS] [--json]

  list     what is parked: where it stood, what was wrong with it, how often it was tried
  replay   has the group's running consumer apply a record once more, in one transaction; where that fails it stays
           parked, with the new error. A record is applied now, after all that came behind it: for a key whose later
           events have been applied already, that may undo them. Look before you replay all.
  drop     has the group's running consumer forget a record for good

  --all    every parked record of the group; asks for --service and --group
  --wait   how long to wait for a consumer to do it; default 15. The request stands even if nobody is running

The database is that of GNOMON_DATABASE_URL, else the running one in GNOMON_DATA_DIR. Exit code: 0 done, 1 some failed
again or wait for a consumer, 2 the command line is wrong.
`;

class UsageError extends Error {}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      service: { type: 'string' },
      group: { type: 'string' },
      all: { type: 'boolean', default: false },
      wait: { type: 'string', default: '15' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [command, place, ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { service, group, all, json } = values;
  if (rest.length > 0) throw new UsageError(`Nothing is known of "${rest.join(' ')}".`);
  if (command === 'list') {
    if (place) throw new UsageError('list takes no place.');
    return withAdmin(service, async (admin) => {
      printParked(await admin.list({ group }), json);
      return 0;
    });
  }
  if (command !== 'replay' && command !== 'drop') throw new UsageError('Say list, replay or drop.');
  if (all === Boolean(place)) throw new UsageError('Say which record by TOPIC/PARTITION/OFFSET, or --all.');
  if (all && (!service || !group)) throw new UsageError('--all needs --service and --group.');
  const seconds = Number(values.wait);
  if (!(seconds >= 0)) throw new UsageError('--wait must be a number of seconds.');
  const filter = { group, ...(place ? placeIn(place) : {}) };
  return withAdmin(service, async (admin) => {
    const outcome = await admin.ask(command, filter, whoAsks(), seconds * 1_000);
    printOutcome(command, outcome, json);
    return outcome.done === outcome.asked && outcome.asked > 0 ? 0 : 1;
  });
}

async function withAdmin(service: string | undefined, work: (admin: ParkedAdmin) => Promise<number>): Promise<number> {
  const admin = await ParkedAdmin.open(service);
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

function placeIn(text: string): { topic: string; partition: number; offset: bigint } {
  const found = /^([a-z0-9-]+)\/(\d+)\/(\d+)$/.exec(text);
  if (!found) throw new UsageError(`"${text}" is not TOPIC/PARTITION/OFFSET, such as policy/0/17.`);
  return { topic: found[1]!, partition: Number(found[2]), offset: BigInt(found[3]!) };
}

/** For the consumer's log. */
function whoAsks(): string {
  const behind = process.env['SUDO_USER'];
  return `${os.userInfo().username}${behind ? ` (${behind})` : ''}@${os.hostname()}`;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const isUsage = error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${messageOf(error)}\n${isUsage ? `\n${USAGE}` : ''}`);
    process.exitCode = isUsage ? 2 : 1;
  },
);
