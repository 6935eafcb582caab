import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../demo/random.js';
import type { AccountedEvent, Accounts } from './accounting.js';
import type { Device } from './device.js';
import { UNCLAIMED_HOSTS, type ChaosApp, type World } from './world.js';

export interface AgentOptions {
  readonly seed: number;
  /** Events of one batch. */
  readonly batch: number;
  /** How many events all agents together send in a second while nothing hinders them. */
  readonly rate: number;
}

/** Of so many batches one tries the app that is blocked, and one uses an app that is decided about. */
const BATCHES_A_RARITY = 8;

/** Gives every event of a run a number of its own. */
export class EventMaker {
  private last = 0;

  of(app: ChaosApp, blocked = false): AccountedEvent {
    return { number: (this.last += 1), host: `www.${app.domain}`, appId: app.id, blocked };
  }

  unclaimed(host: string): AccountedEvent {
    return { number: (this.last += 1), host, appId: undefined, blocked: false };
  }
}

/** The devices of the world at work: each sends a batch, waits for the acknowledgement, notes it, and rests. */
export class Agents {
  private readonly stopping = new AbortController();
  private running: Promise<void>[] = [];

  constructor(
    private readonly world: World,
    private readonly accounts: Accounts,
    private readonly maker: EventMaker,
    private readonly options: AgentOptions,
  ) {}

  start(): void {
    const { devices } = this.world;
    this.running = devices.map((device, index) => this.run(device, new Random(this.options.seed * 1_000 + index)));
  }

  get resent(): number {
    return this.world.devices.reduce((sum, { resent }) => sum + resent, 0);
  }

  /** Every batch that was begun is acknowledged when this resolves. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  private async run(device: Device, random: Random): Promise<void> {
    const everyMs = (this.options.batch * this.world.devices.length * 1_000) / this.options.rate;
    await this.rest(everyMs * random.next());
    while (!this.stopping.signal.aborted) {
      const startedAt = performance.now();
      this.accounts.acknowledge(await device.send(this.events(random)));
      await this.rest(everyMs * (0.9 + random.next() / 5) - (performance.now() - startedAt));
    }
  }

  private events(random: Random): AccountedEvent[] {
    const { busy, pairs, banned } = this.world;
    const events: AccountedEvent[] = [];
    if (random.between(1, BATCHES_A_RARITY) === 1) events.push(this.maker.of(banned, true));
    if (random.between(1, BATCHES_A_RARITY) === 1) events.push(this.maker.of(random.pick(pairs).parent));
    events.push(this.maker.unclaimed(random.pick(UNCLAIMED_HOSTS)));
    while (events.length < this.options.batch) events.push(this.maker.of(random.pick(busy)));
    return events;
  }

  private async rest(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
