import { setTimeout as sleep } from 'node:timers/promises';

/** How fast requests may follow each other. */
export interface PaceLimits {
  /** Over all hosts. */
  readonly requestsPerSecond: number;
  /** Between two requests to the same host, in milliseconds. */
  readonly hostPauseMs: number;
}

/** Lets requests through one by one, no faster than the limits say. */
export class Pace {
  private next = 0;
  private readonly nextOf = new Map<string, number>();

  constructor(
    private readonly limits: PaceLimits,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms),
  ) {}

  /** Resolves when the next request to the host may be sent. */
  async turn(host: string): Promise<void> {
    const now = this.now();
    const at = Math.max(now, this.next, this.nextOf.get(host) ?? 0);
    this.next = at + 1_000 / this.limits.requestsPerSecond;
    this.nextOf.set(host, at + this.limits.hostPauseMs);
    if (at > now) await this.wait(at - now);
  }
}
