import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '../../libs/testkit/src/stack/part.js';
import type { Random } from '../demo/random.js';

export type FaultKind = 'kill' | 'freeze' | 'cut';

/** What happens to one process, or to one server with all its processes. */
export interface Fault {
  readonly part: Part;
  readonly kind: FaultKind;
  /** How long it stays dead, stands still, or is cut off, in milliseconds. */
  readonly ms: number;
  /** It is not started again before the next cycle. */
  readonly staysDead: boolean;
}

/** How long what is stopped with SIGSTOP stands still, unless a run says otherwise. */
export const FREEZE_MS = 20_000;
/** They take longest. */
const FREEZES = 0.125;
const MAX_DEAD_MS = 2_000;
const MAX_CUT_MS = 4_000;

/** Chooses what goes wrong next, and makes it go wrong. */
export class Faults {
  private dead: Part | undefined;

  constructor(
    private readonly parts: () => readonly Part[],
    private readonly random: Random,
    private readonly freezeMs: number,
  ) {}

  next(): Fault {
    // By name: the same seed is to mean the same faults, in whatever order the parts were started.
    const part = this.random.pick([...this.parts()].sort((a, b) => (a.name < b.name ? -1 : 1)));
    const kind = this.kindFor(part);
    const staysDead = kind === 'kill' && part.name.startsWith('telemetry') && this.random.next() < 0.5;
    return { part, kind, ms: this.lengthOf(kind), staysDead };
  }

  /** Resolves at the end of the fault: the process is up again, or the network is back, or nobody will start it. */
  async strike({ part, kind, ms, staysDead }: Fault): Promise<void> {
    if (kind === 'cut') return part.cut(ms);
    if (kind === 'freeze') {
      await part.freeze();
      await sleep(ms);
      return part.thaw();
    }
    await part.kill();
    if (staysDead) {
      this.dead = part;
      return;
    }
    await sleep(ms);
    return part.start();
  }

  /** Starts what stayed dead. */
  async mend(): Promise<void> {
    const { dead } = this;
    this.dead = undefined;
    await dead?.start();
  }

  private kindFor(part: Part): FaultKind {
    const chance = this.random.next();
    if (chance < FREEZES) return 'freeze';
    return part.kind !== 'service' && chance < 0.6 ? 'cut' : 'kill';
  }

  private lengthOf(kind: FaultKind): number {
    if (kind === 'freeze') return this.freezeMs;
    return this.random.between(100, kind === 'cut' ? MAX_CUT_MS : MAX_DEAD_MS);
  }
}
