import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { EmbeddedPostgres } from '#database';
import { startKafka } from '../../libs/testkit/src/servers/kafka.js';
import {
  PARTITIONS,
  WORKLOADS,
  type Action,
  type Answer,
  type ClientName,
  type ClientSetup,
  type Compression,
  type Order,
  type WorkloadName,
} from './eventlog-order.js';
import { treeCpuSeconds } from './process-cpu.js';

const ROUNDS = 5;
const WARM_UP = { cpuSeconds: 0.8, wallSeconds: 2 };
const MEASURE = { cpuSeconds: 0.5, wallSeconds: 1.2 };

/** Who takes part, in the order of their turns: what is compared stands side by side. */
const CLIENTS: readonly (readonly [ClientName, Compression, readonly Action[]])[] = [
  ['kafka', 'zstd', ['publish', 'read', 'consume']],
  ['bare', 'zstd', ['publish', 'read']],
  ['bareEvents', 'zstd', ['publish', 'read']],
  ['kafka', 'none', ['publish', 'read']],
  ['bare', 'none', ['publish', 'read']],
  ['bareEvents', 'none', ['publish', 'read']],
  ['kafkajs', 'none', ['publish', 'read']],
  ['postgres', 'none', ['publish', 'read', 'consume']],
];

/** What one client did with one workload, per CPU-second of its process; the median of the rounds. */
interface Row {
  readonly workload: WorkloadName;
  readonly action: Action;
  readonly client: ClientName;
  readonly compression: Compression;
  readonly recordsPerCpuSecond: number;
  readonly mbPerCpuSecond: number;
  /** CPU microseconds of Postgres a record, which are not in the other figures. */
  readonly postgresMicrosPerRecord: number;
  readonly rounds: readonly number[];
}

/**
 * Ours through the bare client's that is given the same events and leaves the same records on the broker: 1 means that the
 * event log costs nothing beside it. Beside that, ours through the one that writes and reads bytes without headers.
 */
interface Ratio {
  readonly workload: WorkloadName;
  readonly action: Action;
  readonly compression: Compression;
  readonly toBare: number;
  readonly toBareBytes: number;
}

interface Contestant extends ClientSetup {
  readonly actions: readonly Action[];
  readonly process: ChildProcess;
  readonly measured: Map<Action, { rates: number[]; postgres: number[] }>;
}

interface Result {
  readonly name: string;
  readonly unit: string;
  readonly conditions: object;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly median: Record<string, number>;
}

/**
 * Records a CPU-second of the client's process, publishing and reading, beside the client library used directly and
 * beside kafkajs, on one broker. Clients take turns, so that all see the same machine. Brokers and Postgres have
 * processes of their own and are not counted, Postgres only beside.
 */
export async function run(): Promise<Result> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-bench-'));
  const postgres = await EmbeddedPostgres.start({ directory });
  const kafka = await startKafka();
  const contestants: Contestant[] = [];
  try {
    for (const workload of Object.keys(WORKLOADS) as WorkloadName[]) {
      for (const [client, compression, actions] of CLIENTS) {
        const name = `${workload}_${client}_${compression}`.toLowerCase();
        const setup = { client, workload, compression, brokers: kafka.brokers, topic: name, postgres: '' };
        if (client === 'kafka' || client === 'postgres') setup.postgres = await newDatabase(postgres, name);
        contestants.push({ ...setup, actions, process: await start(setup), measured: new Map() });
      }
      for (let round = 0; round <= ROUNDS; round++) {
        for (const each of contestants.filter((other) => other.workload === workload)) {
          for (const action of each.actions) await measure(each, action, round === 0, postgres.pid);
        }
        process.stderr.write(`${workload}: ${round === 0 ? 'warmed up' : `round ${round} of ${ROUNDS}`}\n`);
      }
      for (const each of contestants.filter((other) => other.workload === workload)) each.process.disconnect();
    }
    return resultOf(contestants.flatMap(rowsOf));
  } finally {
    for (const { process: child } of contestants) child.kill('SIGKILL');
    await kafka.stop();
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function newDatabase(postgres: EmbeddedPostgres, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return postgres.url(name);
}

async function start(setup: ClientSetup): Promise<ChildProcess> {
  const module = fileURLToPath(new URL('eventlog-process.js', import.meta.url));
  // Whatever a client has to say goes to standard error: standard output is for the result.
  const child = fork(module, [JSON.stringify(setup)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: ['--no-warnings'],
  });
  await answerOf(child);
  return child;
}

async function measure(each: Contestant, action: Action, warmingUp: boolean, postgresPid: number): Promise<void> {
  const postgresBefore = treeCpuSeconds(postgresPid);
  each.process.send({ action, ...(warmingUp ? WARM_UP : MEASURE) } satisfies Order);
  const { records, cpuSeconds } = (await answerOf(each.process)) as Answer;
  if (warmingUp) return;
  const measured = each.measured.get(action) ?? { rates: [], postgres: [] };
  measured.rates.push(records / cpuSeconds);
  measured.postgres.push(((treeCpuSeconds(postgresPid) - postgresBefore) / records) * 1e6);
  each.measured.set(action, measured);
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const { signal } = ended;
  const exit = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('A client has ended.')));
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), exit])) as [unknown];
    return message;
  } finally {
    ended.abort();
    exit.catch(() => undefined);
  }
}

function rowsOf({ workload, client, compression, measured }: Contestant): Row[] {
  return [...measured].map(([action, { rates, postgres }]) => ({
    workload,
    action,
    client,
    compression,
    recordsPerCpuSecond: Math.round(medianOf(rates)),
    mbPerCpuSecond: Math.round((medianOf(rates) * WORKLOADS[workload].bytes) / 1e5) / 10,
    postgresMicrosPerRecord: client === 'kafka' || client === 'postgres' ? Math.round(medianOf(postgres) * 10) / 10 : 0,
    rounds: rates.map(Math.round),
  }));
}

function resultOf(rows: readonly Row[]): Result {
  const ratioOf = (row: Row, client: ClientName): number | undefined => {
    const other = rows.find(
      (each) =>
        each.client === client &&
        each.workload === row.workload &&
        each.action === row.action &&
        each.compression === row.compression,
    );
    // Round by round: the two stood side by side in each, however busy the machine was.
    return other && hundredths(medianOf(row.rounds.map((rate, round) => rate / other.rounds[round]!)));
  };
  const ratios = rows.flatMap((row): Ratio[] => {
    const [toBare, toBareBytes] = [ratioOf(row, 'bareEvents'), ratioOf(row, 'bare')];
    if (row.client !== 'kafka' || !toBare || !toBareBytes) return [];
    const { workload, action, compression } = row;
    return [{ workload, action, compression, toBare, toBareBytes }];
  });
  const named = rows.map((row) => [
    `${row.workload} ${row.action} ${row.client}/${row.compression}`,
    row.recordsPerCpuSecond,
  ]);
  const compared = ratios.map((ratio) => [
    `${ratio.workload} ${ratio.action} to bare/${ratio.compression}`,
    ratio.toBare,
  ]);
  return {
    name: 'eventlog',
    unit: 'records per CPU-second of the client process',
    conditions: {
      workloads: WORKLOADS,
      partitions: PARTITIONS,
      producers: 'idempotent, acks=all, one send at a time',
      compression: 'the same for all that are compared; zstd is the default of the event log',
      postgres: 'durable',
      node: process.version,
      cpus: os.availableParallelism(),
      rounds: ROUNDS,
    },
    rows,
    ratios,
    median: Object.fromEntries([...named, ...compared]) as Record<string, number>,
  };
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
