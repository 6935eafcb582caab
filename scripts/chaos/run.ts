import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../../libs/testkit/src/stack/part.js';
import { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import { Random } from '../demo/random.js';
import { Accounts } from './accounting.js';
import { Agents, EventMaker } from './agents.js';
import { Faults, type Fault } from './faults.js';
import { Flips } from './flips.js';
import { measureHandovers } from './handover.js';
import { Probes } from './probes.js';
import { quantiles, rounded, worstOf, type ChaosResult, type Cycle } from './report.js';
import { verify, type Claims } from './verification.js';
import { warmUp } from './warm-up.js';
import { GROUPS, makeWorld, type ChaosTarget, type World } from './world.js';

/** What may go wrong, and how it is seen that all is well. */
export interface ChaosStage {
  readonly target: ChaosTarget;
  parts(): Part[];
  ready(): Promise<void>;
}

export interface ChaosOptions {
  readonly cycles: number;
  readonly seed: number;
  readonly devices: number;
  readonly batch: number;
  readonly rate: number;
  readonly flipEveryMs: number;
  readonly freezeMs: number;
  /** How many planned stops are measured at the end. */
  readonly plannedStops: number;
  /** How long everything may take to become as it was acknowledged, in milliseconds. */
  readonly patienceMs: number;
  readonly say: (line: string) => void;
}

/** Agents at work, decisions that change, and one thing after the other that goes wrong; then everything is counted. */
export async function runChaos(stage: ChaosStage, options: ChaosOptions): Promise<ChaosResult> {
  const run = await ChaosRun.prepare(stage, options);
  try {
    return await run.play();
  } finally {
    await run.close();
  }
}

class ChaosRun {
  private readonly startedAt = performance.now();
  private readonly cycles: Cycle[] = [];
  private readonly kinds: Record<Fault['kind'], number> = { kill: 0, freeze: 0, cut: 0 };
  private crashes = 0;

  private constructor(
    private readonly stage: ChaosStage,
    private readonly options: ChaosOptions,
    private readonly world: World,
    private readonly probes: Probes,
    private readonly agents: Agents,
    private readonly flips: Flips,
    private readonly claims: Omit<Claims, 'tags'>,
  ) {}

  static async prepare(stage: ChaosStage, options: ChaosOptions): Promise<ChaosRun> {
    options.say('Making apps, policies and devices');
    const world = await makeWorld(stage.target, options.devices);
    const accounts = new Accounts();
    const maker = new EventMaker();
    const baseline = await warmUp(world, maker);
    const probes = await Probes.make(world, accounts, maker);
    const enforcing = await Promise.all(GROUPS.map((_, index) => enforcer(world, index)));
    const agents = new Agents(world, accounts, maker, options);
    const flips = new Flips(world, new Random(options.seed + 1), options.flipEveryMs);
    return new ChaosRun(stage, options, world, probes, agents, flips, { accounts, baseline, enforcing });
  }

  async play(): Promise<ChaosResult> {
    const { options, stage, claims } = this;
    this.agents.start();
    this.flips.start();
    const faults = new Faults(() => stage.parts(), new Random(options.seed), options.freezeMs);
    for (let number = 1; number <= options.cycles; number++) await this.cycle(number, faults);
    await faults.mend();
    await stage.ready();
    const handovers = await measureHandovers(stage, this.probes, options.plannedStops, options.say);
    await Promise.all([this.agents.stop(), this.flips.stop()]);
    const stoppedAt = performance.now();
    options.say(`${claims.accounts.acknowledged} events acknowledged; comparing with what is stored`);
    const tags = this.flips.expectedTags();
    if (this.probes.signalBlocked) tags.set(this.world.signal.id, 'UNSANCTIONED');
    const findings = await verify(this.world, { ...claims, tags }, options.patienceMs);
    const recovery = quantiles(this.cycles.map(({ recoverySeconds }) => recoverySeconds));
    const list = quantiles(this.cycles.map(({ listSeconds }) => listSeconds));
    const { complaints } = this.world;
    return {
      seed: options.seed,
      cycles: this.cycles.length,
      kills: this.kinds.kill,
      freezes: this.kinds.freeze,
      cuts: this.kinds.cut,
      acked: claims.accounts.acknowledged,
      batches: [...claims.accounts.batches.values()].reduce((sum, seals) => sum + seals.length, 0),
      resentBatches: this.agents.resent,
      decisions: this.flips.acknowledged,
      complaints: complaints.count,
      crashes: this.crashes,
      ...findings,
      details: [...findings.details, ...complaints.details],
      recoverySecondsP50: rounded(recovery.p50),
      recoverySecondsP99: rounded(recovery.p99),
      recoverySecondsMax: rounded(recovery.max),
      listSecondsP50: rounded(list.p50),
      listSecondsP99: rounded(list.p99),
      listSecondsMax: rounded(list.max),
      handovers,
      settleSeconds: rounded((performance.now() - stoppedAt) / 1_000),
      elapsedSeconds: rounded((performance.now() - this.startedAt) / 1_000, 0),
      worst: worstOf(this.cycles),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.claims.enforcing.map((device) => device.stop()));
  }

  private async cycle(number: number, faults: Faults): Promise<void> {
    await faults.mend();
    const fault = faults.next();
    const { part, kind, ms, staysDead } = fault;
    this.kinds[kind] += 1;
    await faults.strike(fault);
    const [batches, list] = await Promise.all([this.probes.batches(), this.probes.list()]);
    const cycle = {
      part: part.name,
      kind,
      staysDead,
      recoverySeconds: rounded(batches / 1_000),
      listSeconds: rounded(list / 1_000),
    };
    this.cycles.push(cycle);
    const { say, cycles } = this.options;
    const what = staysDead ? 'kill, stays dead' : `${kind} ${ms} ms`;
    say(
      `${String(number).padStart(4)}/${cycles}  ${part.name.padEnd(12)} ${what.padEnd(18)} batches ${cycle.recoverySeconds} s, ` +
        `list ${cycle.listSeconds} s, ${this.claims.accounts.acknowledged} acknowledged`,
    );
    await this.reviveCrashed(staysDead ? part : undefined);
    await sleep(Math.random() * 500);
  }

  /** Whatever watches over processes would start one again that ended by itself; here it is counted, too. */
  private async reviveCrashed(meantToBeDead: Part | undefined): Promise<void> {
    for (const part of this.stage.parts()) {
      if (part === meantToBeDead || part.pid !== undefined) continue;
      this.crashes += 1;
      this.options.say(`      ${part.name} has ended by itself and is started again`);
      await part.start();
    }
  }
}

/** A second head for one of the devices: it fetches, checks and enforces lists. */
async function enforcer({ target, devices }: World, index: number): Promise<DeviceSimulator> {
  const { enrolment, user } = devices[index]!;
  const device = await DeviceSimulator.resume({ url: target.url, name: enrolment.deviceId, os: '', user }, enrolment);
  device.start();
  return device;
}
