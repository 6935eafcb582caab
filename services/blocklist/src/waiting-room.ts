import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Metrics } from '#kernel';
import { BlocklistSettings } from './blocklist.config.js';

/** Why a wait ended: something new may be there, nothing came in time, or the one who waits should go. */
export type WaitOutcome = 'woken' | 'timeout' | 'released';

/** One who waits. Enter before looking at what there is, so that nothing new can slip in between. */
export class Waiter {
  private isWoken = false;
  private settle: ((outcome: WaitOutcome) => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isReleased = false;
  private readonly deadline: number;

  constructor(
    private readonly waiters: Set<Waiter>,
    milliseconds: number,
    private readonly onLeave: () => void,
  ) {
    this.deadline = performance.now() + milliseconds;
    waiters.add(this);
  }

  /** Waits from where the last call ended: what happened in between ends it at once. */
  next(): Promise<WaitOutcome> {
    if (this.isReleased) return Promise.resolve('released');
    if (this.isWoken) {
      this.isWoken = false;
      return Promise.resolve('woken');
    }
    return new Promise((resolve) => {
      this.settle = resolve;
      this.timer = setTimeout(() => this.finish('timeout'), Math.max(0, this.deadline - performance.now()));
    });
  }

  wake(): void {
    if (this.settle) this.finish('woken');
    else this.isWoken = true;
  }

  /** Ends the wait for good, for example because the client has gone. */
  release(): void {
    this.isReleased = true;
    if (this.settle) this.finish('released');
  }

  /** Gives the place free. Call it when done, whatever happened. */
  leave(): void {
    clearTimeout(this.timer);
    if (this.waiters.delete(this)) this.onLeave();
  }

  private finish(outcome: WaitOutcome): void {
    const settle = this.settle;
    this.settle = undefined;
    clearTimeout(this.timer);
    settle?.(outcome);
  }
}

/** A device waits once; a few more are connections it has lost. It must not take the places of the others. */
const PLACES_OF_A_DEVICE = 4;

/** Agents that wait for a new list, by the list they wait for. */
@Injectable()
export class WaitingRoom implements OnModuleDestroy {
  private readonly rooms = new Map<string, Set<Waiter>>();
  private readonly placesOf = new Map<string, number>();
  private count = 0;
  private isClosed = false;

  constructor(
    metrics: Metrics,
    @Inject(BlocklistSettings.token) private readonly settings: BlocklistSettings,
  ) {
    const size = (): number => this.count;
    metrics.gauge({
      name: 'gnomon_blocklist_waiting_agents',
      help: 'Agents that wait for a new block list now.',
      collect() {
        this.set(size());
      },
    });
  }

  get size(): number {
    return this.count;
  }

  /** Undefined where there is no place, or the process is stopping: then answer at once. */
  enter(key: string, deviceId: string, milliseconds: number): Waiter | undefined {
    const places = this.placesOf.get(deviceId) ?? 0;
    if (this.isClosed || this.count >= this.settings.maxWaiting || places >= PLACES_OF_A_DEVICE) return undefined;
    this.placesOf.set(deviceId, places + 1);
    const room = this.rooms.get(key) ?? new Set<Waiter>();
    this.rooms.set(key, room);
    this.count += 1;
    return new Waiter(room, milliseconds, () => {
      this.count -= 1;
      const left = this.placesOf.get(deviceId)! - 1;
      if (left > 0) this.placesOf.set(deviceId, left);
      else this.placesOf.delete(deviceId);
      if (room.size === 0 && this.rooms.get(key) === room) this.rooms.delete(key);
    });
  }

  wake(key: string): void {
    for (const waiter of this.rooms.get(key) ?? []) waiter.wake();
  }

  wakeAll(): void {
    for (const key of this.rooms.keys()) this.wake(key);
  }

  /** Lets everybody go before the server closes, so that a stop never waits for a long poll. */
  onModuleDestroy(): void {
    this.isClosed = true;
    for (const room of this.rooms.values()) for (const waiter of room) waiter.release();
  }
}
