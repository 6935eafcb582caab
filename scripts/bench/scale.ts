import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../../libs/testkit/src/stack/part.js';
import { oneProcessEach, Stack } from '../../libs/testkit/src/stack/stack.js';
import { CpuLimit } from './cpu-limit.js';
import { DeviceLoad } from './device-load.js';
import { processCpuSeconds } from './process-cpu.js';

const PROCESSES = 3;
/** What each telemetry process gets of a CPU: little enough that it, and not this machine, is what limits. */
const CPUS_EACH = 0.25;
const DEVICES = 32;
const EVENTS_A_BATCH = 200;
const WARM_UP_MS = 10_000;
/** After a process joined, before it is measured: partitions have moved, and code that runs often is compiled. */
const SETTLE_MS = 5_000;
const PHASE_MS = 20_000;
const JOIN_TIMEOUT_MS = 60_000;
const DRAIN_TIMEOUT_MS = 300_000;

/** What happened while a number of telemetry processes shared the work. Rates are per second of wall time. */
interface Phase {
  readonly telemetryProcesses: number;
  readonly seconds: number;
  /** Events whose batches were acknowledged, which means durable. */
  readonly acceptedPerSecond: number;
  readonly rolledUpPerSecond: number;
  /** The same by process. */
  readonly rolledUpByProcess: Readonly<Record<string, number>>;
  /** Of one CPU, by telemetry process. */
  readonly cpuByProcess: Readonly<Record<string, number>>;
  /** Of all CPUs, everything that runs on this machine. */
  readonly machineBusy: number;
  /** From when the newest process listened until it rolled up its first events; null in the first phase. */
  readonly joinSeconds: number | null;
}

interface Summary {
  readonly rolledUpPerSecond1: number;
  readonly rolledUpPerSecond2: number;
  readonly rolledUpPerSecond3: number;
  /** Compared with one process. */
  readonly gain2: number;
  readonly gain3: number;
  readonly acknowledged: number;
  readonly counted: number;
  readonly lost: number;
}

/** What more telemetry processes bring while devices keep sending, and that no event is lost or counted twice on the way. */
export async function run(): Promise<{
  name: string;
  unit: string;
  limit: string;
  cpus: number;
  phases: Phase[];
  median: Summary;
}> {
  const stack = await Stack.start({ processes: oneProcessEach(1), catalog: 'whole' });
  const limit = CpuLimit.of(CPUS_EACH);
  try {
    const load = await DeviceLoad.enrol({ ...ways(stack), devices: DEVICES, eventsPerBatch: EVENTS_A_BATCH });
    const telemetry = [stack.part('telemetry-1')];
    limit?.hold(telemetry[0]!.pid!);
    load.start();
    await sleep(WARM_UP_MS);
    const phases = [await measure(load, telemetry, null)];
    while (telemetry.length < PROCESSES) {
      const part = await stack.addProcess(`telemetry-${telemetry.length + 1}`, ['telemetry']);
      telemetry.push(part);
      const joinSeconds = await joined(part);
      limit?.hold(part.pid!);
      await sleep(SETTLE_MS);
      phases.push(await measure(load, telemetry, joinSeconds));
    }
    await load.stop();
    // Throws where an event is missing, or was counted twice.
    await load.drained(DRAIN_TIMEOUT_MS);
    const rates = phases.map(({ rolledUpPerSecond }) => rolledUpPerSecond) as [number, number, number];
    const counted = await load.counted();
    return {
      name: 'scale',
      unit: 'usage events rolled up per second',
      limit: limit
        ? `${limit.cpus} CPU for each telemetry process, by control group`
        : 'none: this machine is the limit',
      cpus: availableParallelism(),
      phases,
      median: {
        rolledUpPerSecond1: rates[0],
        rolledUpPerSecond2: rates[1],
        rolledUpPerSecond3: rates[2],
        gain2: rates[1] / rates[0],
        gain3: rates[2] / rates[0],
        acknowledged: load.acknowledged,
        counted,
        lost: load.acknowledged - counted,
      },
    };
  } finally {
    await stack.stop();
    limit?.release();
  }
}

function ways({ url, adminToken, enrolmentSecret }: Stack): Pick<Stack, 'url' | 'adminToken' | 'enrolmentSecret'> {
  return { url, adminToken, enrolmentSecret };
}

async function measure(load: DeviceLoad, telemetry: readonly Part[], joinSeconds: number | null): Promise<Phase> {
  const before = await observe(load, telemetry);
  await sleep(PHASE_MS);
  const after = await observe(load, telemetry);
  const seconds = (after.at - before.at) / 1000;
  const byProcess = (field: 'rolledUp' | 'cpuSeconds'): Record<string, number> =>
    Object.fromEntries(
      telemetry.map(({ name }, index) => [name, (after[field][index]! - before[field][index]!) / seconds]),
    );
  const rolledUpByProcess = mapValues(byProcess('rolledUp'), Math.round);
  const phase = {
    telemetryProcesses: telemetry.length,
    seconds,
    acceptedPerSecond: Math.round((after.acknowledged - before.acknowledged) / seconds),
    rolledUpPerSecond: Object.values(rolledUpByProcess).reduce((sum, each) => sum + each, 0),
    rolledUpByProcess,
    cpuByProcess: mapValues(byProcess('cpuSeconds'), (share) => Number(share.toFixed(3))),
    machineBusy: Number(((after.busy - before.busy) / (after.total - before.total)).toFixed(3)),
    joinSeconds,
  };
  process.stderr.write(`${telemetry.length} of telemetry: ${phase.rolledUpPerSecond} events rolled up per second\n`);
  return phase;
}

interface Observation {
  readonly at: number;
  readonly acknowledged: number;
  readonly rolledUp: readonly number[];
  readonly cpuSeconds: readonly number[];
  readonly busy: number;
  readonly total: number;
}

async function observe(load: DeviceLoad, telemetry: readonly Part[]): Promise<Observation> {
  const rolledUp = await Promise.all(telemetry.map(rolledUpBy));
  return {
    at: performance.now(),
    acknowledged: load.acknowledged,
    rolledUp,
    cpuSeconds: telemetry.map(({ pid }) => processCpuSeconds(pid!)),
    ...machineTicks(),
  };
}

async function joined(part: Part): Promise<number> {
  const startedAt = performance.now();
  while ((await rolledUpBy(part)) === 0) {
    if (performance.now() - startedAt > JOIN_TIMEOUT_MS) throw new Error(`${part.name} got no work.`);
    await sleep(100);
  }
  return Number(((performance.now() - startedAt) / 1000).toFixed(2));
}

async function rolledUpBy({ address }: Part): Promise<number> {
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  const values = [...metrics.matchAll(/^gnomon_telemetry_events_total\{[^}]*\} (\d+)$/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

/** From the first line of `/proc/stat` (proc_stat(5)): all CPUs, since the machine started. */
function machineTicks(): { busy: number; total: number } {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/);
  const [user, nice, system, idle, ioWait, irq, softIrq, steal] = fields.map(Number) as [
    ...[number, number, number, number, number, number, number, number],
  ];
  const busy = user + nice + system + irq + softIrq + steal;
  return { busy, total: busy + idle + ioWait };
}

function mapValues(record: Record<string, number>, change: (value: number) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
