import { Logger } from '@nestjs/common';
import type { Database } from '#database';
import { messageOf, type SettingsOf } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventLogSettings } from '../event-log.config.js';
import { UndecodableRecordError } from '../event-log.errors.js';
import { coordinatesOf, type EventRecord } from '../event-log.js';
import type { LogMetrics } from '../log-metrics.js';
import type { Dispatcher } from './dispatcher.js';
import { isOutage, isStatementTimeout } from './outage.js';
import type { ParkingStore } from './parking.store.js';
import { PartitionTakenError, type Lane, type PositionStore } from './position.store.js';

export interface ApplierParts {
  readonly database: Database;
  readonly positions: PositionStore;
  readonly parking: ParkingStore;
  readonly dispatcher: Dispatcher;
  readonly metrics: LogMetrics;
  readonly settings: SettingsOf<typeof EventLogSettings>;
  /** This process's name in its group; new with every start. */
  readonly member: string;
}

/**
 * Applies the records of one partition for one group: handlers, the events they append and the position in one
 * transaction. Knows nothing of where records come from, so both drivers use it.
 */
export class Applier {
  private readonly logger = new Logger('EventLog');

  /** The next offset to apply, as far as this member knows. */
  position: bigint;
  /** The last outbox offset it has applied, where its records come through outboxes; else -1. */
  outbox = -1n;

  constructor(
    readonly lane: Lane,
    position: bigint,
    private readonly parts: ApplierParts,
  ) {
    this.position = position;
  }

  /** How many records to try in one transaction: fewer after a statement timeout, and slowly more again. */
  private most = Infinity;

  /** Moves past offsets that were removed before they were applied. Never silently: it is logged and counted. */
  async skipLost(position: bigint): Promise<void> {
    const from = this.position;
    await this.skipTo(position);
    const { group, topic, partition } = this.lane;
    this.parts.metrics.lost(this.lane, position - from);
    this.logger.error(
      `Group "${group}" has lost ${position - from} offset(s) of ${topic}/${partition}: retention removed ${from} to ${position - 1n} before they were applied`,
    );
  }

  /**
   * Applies records that follow each other, in order, all of them. A record that cannot be applied is tried alone, again
   * and again, and is then parked; its neighbours are applied.
   *
   * @throws PartitionTakenError if another member works on the partition or has moved the position: then `position` is
   *   what the database says, and the caller reads again from there
   * @throws what `isOutage` recognises, at once: the caller tries again later. A statement timeout only for a single
   *   record; several are tried in smaller numbers
   */
  async apply(records: readonly EventRecord[], signal: AbortSignal): Promise<void> {
    let rest = records;
    while (rest.length > 0 && !signal.aborted) {
      const some = rest.slice(0, this.most);
      try {
        rest = rest.slice(await this.transact(some));
        this.most = Math.ceil(this.most * 1.1);
      } catch (error) {
        if (isStatementTimeout(error) && some.length > 1) {
          this.most = some.length >> 1;
          this.logger.warn(
            `Group "${this.lane.group}": ${some.length} records took too long, now ${this.most} at a time`,
          );
          continue;
        }
        if (error instanceof PartitionTakenError || isOutage(error)) throw error;
        if (rest.length === 1) return this.retry(rest[0]!, error, signal);
        const half = rest.length >> 1;
        await this.apply(rest.slice(0, half), signal);
        rest = rest.slice(half);
      }
    }
  }

  /** Moves past offsets that hold no records any more. */
  async skipTo(position: bigint): Promise<void> {
    await this.inTransaction(async () => ({ position }));
  }

  private async transact(records: readonly EventRecord[]): Promise<number> {
    const began = performance.now();
    const { dispatcher, settings, metrics } = this.parts;
    let applied = 0;
    let handlersMs = 0;
    await this.inTransaction(async (tx) => {
      const handed = performance.now();
      applied = await dispatcher.apply(records, tx, handed + settings.batchMs);
      handlersMs = performance.now() - handed;
      return behind(records, applied);
    });
    metrics.handled(this.lane, applied, records[0]!.time, performance.now() - began, handlersMs);
    return applied;
  }

  private async inTransaction(
    work: (tx: Parameters<Parameters<Database['transaction']>[0]>[0]) => Promise<Progress>,
  ): Promise<void> {
    const { database, positions, settings, member } = this.parts;
    const expected = this.position;
    let next: Progress = { position: expected };
    try {
      await database.transaction(async (tx) => {
        const held = await positions.lock(tx, this.lane, settings.stallMs);
        if (held.position !== expected) {
          next = held;
          throw new PartitionTakenError(`${this.lane.topic}/${this.lane.partition} has been moved by another member.`);
        }
        const { position, outbox = held.outbox } = await work(tx);
        const epoch = held.member === member ? held.epoch : held.epoch + 1n;
        await positions.advance(tx, this.lane, held, { position, outbox, epoch, member });
        next = { position, outbox };
      });
    } catch (error) {
      if (error instanceof PartitionTakenError) this.moveTo(next);
      throw error;
    }
    this.moveTo(next);
  }

  private moveTo({ position, outbox }: Progress): void {
    this.position = position;
    if (outbox !== undefined) this.outbox = outbox;
  }

  private async retry(record: EventRecord, first: unknown, signal: AbortSignal): Promise<void> {
    const { maxAttempts } = this.parts.settings;
    let error = first;
    let attempts = 1;
    for (; attempts < maxAttempts && !(error instanceof UndecodableRecordError); attempts++) {
      this.logger.warn(
        `Group "${this.lane.group}" failed on ${record.type} at ${coordinatesOf(record)}, attempt ${attempts}: ${messageOf(error)}`,
      );
      await delay(backoffMs(attempts), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.transact([record]);
        return;
      } catch (again) {
        if (again instanceof PartitionTakenError || isOutage(again)) throw again;
        error = again;
      }
    }
    await this.park(record, error, attempts);
  }

  private async park(record: EventRecord, error: unknown, attempts: number): Promise<void> {
    await this.inTransaction(async (tx) => {
      await this.parts.parking.park(tx, this.lane.group, record, messageOf(error), attempts);
      return behind([record], 1);
    });
    this.parts.metrics.parked(this.lane);
    this.logger.error(
      `Group "${this.lane.group}" parked ${record.type} at ${coordinatesOf(record)} after ${attempts} attempt(s)`,
      error instanceof Error ? error : new Error(String(error)),
    );
  }
}

interface Progress {
  readonly position: bigint;
  readonly outbox?: bigint | undefined;
}

/** Where the group stands once the first `count` of some records are applied. */
function behind(records: readonly EventRecord[], count: number): Progress {
  let outbox: bigint | undefined;
  for (let index = count - 1; index >= 0 && outbox === undefined; index--) outbox = records[index]!.outboxOffset;
  return { position: records[count - 1]!.offset + 1n, outbox };
}

/** 50 ms, doubling, up to 5 s, with up to a half more by chance. */
function backoffMs(attempt: number): number {
  return Math.min(50 * 2 ** (attempt - 1), 5_000) * (1 + Math.random() / 2);
}
