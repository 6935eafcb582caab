import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import { startProduct } from '../../libs/testkit/src/product.js';
import type { LoadAnswer, LoadOrder } from './blocklist-load.js';
import { processCpuSeconds, treeCpuSeconds } from './process-cpu.js';

const DEVICES = 32;
const CONNECTIONS = 64;
const ROUNDS = 5;
const ROUND_MS = 2_500;
/** Until the just-in-time compiler has done its work. */
const WARM_UP_MS = 3_000;

/** What one round measured, product and floor one after the other. */
interface Round {
  /** Of the server process, by its own user and system time. */
  readonly answersPerCpuSecond: number;
  readonly floorAnswersPerCpuSecond: number;
  readonly ratioToFloor: number;
  /** By the wall clock, with everything on one machine. */
  readonly answersPerSecond: number;
  /** CPU seconds of Postgres meanwhile: an unchanged check-in asks no table. */
  readonly databaseCpuSeconds: number;
}

interface Server {
  readonly pid: number;
  readonly order: Omit<LoadOrder, 'milliseconds'>;
}

/**
 * Unchanged check-ins: 304 answers of the real product to real device credentials, per CPU-second of its process, beside
 * a bare node:http server that answers the same 304 to anybody. Product and floor take turns, so that both see the same
 * machine; the load comes from a third process.
 */
export async function run(): Promise<{ name: string; unit: string; rounds: Round[]; median: Round }> {
  const product = await startProduct({ catalog: 'whole' });
  const floor = fork(helper('blocklist-floor'), { stdio: 'inherit' });
  const load = fork(helper('blocklist-load'), { stdio: 'inherit' });
  try {
    const credentials = await Promise.all(
      Array.from({ length: DEVICES }, (_, index) => enrol(product.url, product.enrolmentSecret, index)),
    );
    const etag = await settledEtag(product.url, credentials[0]!);
    const [port] = (await once(floor, 'message')) as [number];
    const order = { credentials, etag, connections: CONNECTIONS };
    const ours: Server = { pid: product.process.pid!, order: { ...order, port: Number(new URL(product.url).port) } };
    const bare: Server = { pid: floor.pid!, order: { ...order, port } };
    for (const server of [ours, bare]) await measure(load, server, WARM_UP_MS);
    const rounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await measureBoth(load, ours, bare));
      const { answersPerCpuSecond, ratioToFloor } = rounds.at(-1)!;
      process.stderr.write(
        `round ${round + 1} of ${ROUNDS}: ${answersPerCpuSecond} answers per CPU-second, ${ratioToFloor.toFixed(2)} of the floor\n`,
      );
    }
    return { name: 'blocklist', unit: '304 answers per CPU-second', rounds, median: medianOf(rounds) };
  } finally {
    load.kill();
    floor.kill();
    await product.stop();
  }
}

async function measureBoth(load: ChildProcess, ours: Server, bare: Server): Promise<Round> {
  const treeBefore = treeCpuSeconds(ours.pid);
  const product = await measure(load, ours, ROUND_MS);
  const databaseCpuSeconds = treeCpuSeconds(ours.pid) - treeBefore - product.cpuSeconds;
  const floor = await measure(load, bare, ROUND_MS);
  const rate = product.answers / product.cpuSeconds;
  const floorRate = floor.answers / floor.cpuSeconds;
  return {
    answersPerCpuSecond: Math.round(rate),
    floorAnswersPerCpuSecond: Math.round(floorRate),
    ratioToFloor: rate / floorRate,
    answersPerSecond: Math.round((product.answers * 1_000) / ROUND_MS),
    databaseCpuSeconds: Math.max(0, databaseCpuSeconds),
  };
}

async function measure(
  load: ChildProcess,
  server: Server,
  milliseconds: number,
): Promise<{ answers: number; cpuSeconds: number }> {
  const before = processCpuSeconds(server.pid);
  load.send({ ...server.order, milliseconds } satisfies LoadOrder);
  const [{ answers, others }] = (await once(load, 'message')) as [LoadAnswer];
  const cpuSeconds = processCpuSeconds(server.pid) - before;
  if (others > 0) throw new Error(`${others} answers were no 304.`);
  return { answers, cpuSeconds };
}

async function enrol(url: string, secret: string, index: number): Promise<string> {
  const device = await DeviceSimulator.enrol({ url, secret, name: `bench-${index}`, os: 'Linux', user: 'bench' });
  return device.credential;
}

/** The ETag that answers 304 from now on. */
async function settledEtag(url: string, credential: string): Promise<string> {
  const headers = { Authorization: `Bearer ${credential}` };
  for (let etag = ''; ;) {
    const answer = await fetch(`${url}/v1/blocklist?wait=2`, { headers: { ...headers, 'If-None-Match': etag } });
    await answer.arrayBuffer();
    if (answer.status === 304) return etag;
    if (!answer.ok) throw new Error(`The block list was answered ${answer.status}.`);
    etag = answer.headers.get('etag') ?? '';
  }
}

function medianOf(rounds: readonly Round[]): Round {
  const middle = (field: keyof Round): number =>
    rounds.map((round) => round[field]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)]!;
  return {
    answersPerCpuSecond: middle('answersPerCpuSecond'),
    floorAnswersPerCpuSecond: middle('floorAnswersPerCpuSecond'),
    ratioToFloor: middle('ratioToFloor'),
    answersPerSecond: middle('answersPerSecond'),
    databaseCpuSeconds: middle('databaseCpuSeconds'),
  };
}

function helper(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}
