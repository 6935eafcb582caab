import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import { coordinatesOf } from '../event-log.js';
import type { ApplierParts } from './applier.js';
import { isMissingTable, isOutage } from './outage.js';
import type { ParkedPlace, ParkedRecord } from './parking.store.js';
import { PartitionTakenError } from './position.store.js';

export interface ReplayerParts extends ApplierParts {
  readonly group: string;
  /** Whether this member works on a partition: whoever does replays its records. */
  holds(topic: string, partition: number): boolean;
}

const REQUESTS_PER_LOOK = 100;

/**
 * Does what admins ask of a group's parked records: applies them once more, or forgets them. Applying is one transaction
 * with the handler's effects and the record's end as a parked one, under the lock of the partition's position, so it
 * happens once and never at the same time as anything else of that partition. Its place in the order is lost: what came
 * after it has been applied long ago.
 */
export class Replayer {
  private readonly logger = new Logger('EventLog');
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> | undefined;
  private stopped = false;
  private failing: string | undefined;

  constructor(private readonly parts: ReplayerParts) {
    this.timer = setInterval(() => this.look(), parts.settings.pollMs);
    this.timer.unref();
  }

  /** Finishes what it is at. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.looking;
  }

  private look(): void {
    this.looking ??= this.meetRequests()
      .then(
        () => (this.failing = undefined),
        (error: unknown) => this.failed(error),
      )
      .then(() => (this.looking = undefined));
  }

  private async meetRequests(): Promise<void> {
    const { parking, group } = this.parts;
    for (const { kind, ...place } of await parking.requested(group, REQUESTS_PER_LOOK)) {
      if (this.stopped) return;
      if (kind === 'drop') await this.drop(place);
      else if (this.parts.holds(place.topic, place.partition)) await this.replay(place);
    }
  }

  private async drop(place: ParkedPlace): Promise<void> {
    const { database, parking, metrics } = this.parts;
    const parked = await database.transaction((tx) => parking.take(tx, place, 'drop'));
    if (!parked) return;
    metrics.replayed(place.group, 'dropped');
    this.logger.warn(`Group "${place.group}" dropped ${described(parked)}, as ${parked.request.by} asked`);
  }

  private async replay(place: ParkedPlace): Promise<void> {
    const { database, positions, parking, dispatcher, metrics, settings } = this.parts;
    try {
      const parked = await database.transaction(async (tx) => {
        await positions.lock(tx, place, settings.stallMs, 'wait');
        const taken = await parking.take(tx, place, 'replay');
        if (taken) await dispatcher.apply([taken.record], tx, Infinity);
        return taken;
      });
      if (!parked) return;
      metrics.replayed(place.group, 'applied');
      this.logger.log(`Group "${place.group}" applied ${described(parked)}, as ${parked.request.by} asked`);
    } catch (error) {
      if (error instanceof PartitionTakenError || isOutage(error)) throw error;
      await parking.failedAgain(place, messageOf(error));
      metrics.replayed(place.group, 'failed');
      this.logger.error(
        `Group "${place.group}" failed again on the parked record at ${coordinatesOf(place)}; it stays parked`,
        error instanceof Error ? error : new Error(String(error)),
      );
    }
  }

  /** The requests stay: they are looked at again in a while. */
  private failed(error: unknown): void {
    // A service whose tables are not there yet has parked nothing; who looks after that says so.
    if (error instanceof PartitionTakenError || isMissingTable(error)) return;
    const message = messageOf(error);
    if (message !== this.failing && !this.stopped) {
      this.logger.warn(`Group "${this.parts.group}" cannot look after its parked records: ${message}`);
    }
    this.failing = message;
  }
}

function described({ record }: ParkedRecord): string {
  return `the parked ${record.type} at ${coordinatesOf(record)}`;
}
