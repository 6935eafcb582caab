import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { fromBinary } from '@bufbuild/protobuf';
import type { Cursor } from './cursor.js';
import type { Consumption, Subscription } from './consuming/subscription.js';
import { UndecodableRecordError } from './event-log.errors.js';
import { TopicCatalog } from './topic-catalog.js';

/**
 * One event in the log. `topic`, `partition` and `offset` are its coordinates and never change. On Kafka the other fields
 * are read from the bytes when they are asked for: who keeps a record keeps the batch that it came in.
 */
export interface EventRecord {
  readonly topic: string;
  readonly partition: number;
  /** Counts up from 0 in its partition, in the order of commits, without gaps (until retention or compaction makes some). */
  readonly offset: bigint;
  /** Orders the record among those of its tenant. */
  readonly key: string;
  /** Empty for the global catalog. */
  readonly tenantId: string;
  /** `noun.past-tense.vN` */
  readonly type: string;
  /** UUID version 7, unique. */
  readonly id: string;
  /** When it was appended. */
  readonly time: Date;
  /** Of the request or event that caused it. */
  readonly correlationId: string;
  /** The event message in protobuf. */
  readonly payload: Uint8Array;
  /** Its place in its owner's outbox, where it came through one: rises in its partition, so what is sent twice shows. */
  readonly outboxOffset?: bigint;
}

export interface FollowOptions {
  readonly topics: readonly string[];
  /** Where to begin: with the oldest record kept, behind the newest one, or where a cursor left off. */
  readonly from: 'earliest' | 'latest' | Cursor;
  /**
   * Called for each record, one at a time; records of one partition in order. A promise is waited for. What it throws is
   * logged with the record's coordinates, and the follower goes on.
   */
  readonly onRecord: (record: EventRecord) => void | Promise<void>;
}

/** A read-only tail of some topics. */
export interface Follower {
  /**
   * Resolves once everything that was in the log when the follower began has been handed over. Rejects with DomainError
   * `event-log.cursor-expired` or `event-log.cursor-invalid` if the follower cannot begin where it was told to, or
   * `event-log.closed` if it is closed before that.
   */
  readonly caughtUp: Promise<void>;
  /**
   * Behind the last record handed over, the one in hand included: whoever resumes there misses nothing. On Kafka a record
   * that was sent twice is handed over once by a follower that reads both copies; one that resumes between them hands over
   * the second, with the id of the first.
   */
  cursor(): Cursor;
  close(): Promise<void>;
}

/**
 * The event log, as one service sees it. Ordered per tenant and key, replayable, at-least-once with positions that
 * consumers commit in their own transactions; so effects are exactly once.
 *
 * State changes are announced with `tx.append` (see the database lib), not here: those events commit with the change.
 */
export abstract class EventLog {
  /** The topics and events it knows. */
  abstract readonly catalog: TopicCatalog;

  /**
   * Appends one event without a transaction of the caller's: for the firehose, where nothing else changes with it.
   * Resolves when it is durable. Concurrent calls share commits.
   *
   * @throws DomainError `event-log.overloaded` (with `retryAfterSeconds`) when too many bytes wait,
   *   `event-log.consumers-behind` (the same) when the topic is full of what its owner has not applied,
   *   `event-log.record-too-large`, or `event-log.unavailable`: then it may or may not have been written.
   */
  abstract publish<Schema extends DescMessage>(
    schema: Schema,
    init: MessageInitShape<Schema>,
    options: { tenantId: string },
  ): Promise<void>;

  /** Reads records as they come, without a group and without a position of its own in the database. */
  abstract follow(options: FollowOptions): Follower;

  /**
   * Applies records for a group: each exactly once in its effects, in order per partition, whichever member of the group
   * does it. A record that keeps failing is parked with its coordinates. Use `consumer()` to bind handlers in Nest.
   */
  abstract consume(subscription: Subscription): Consumption;

  /** Applies retention and compaction to the topics of this service now, as `now` sees it. Otherwise a timer does. */
  abstract maintain(now?: Date): Promise<void>;

  /** Waits for what is being published and read, with a deadline. */
  abstract close(): Promise<void>;
}

/**
 * The event in a record, undefined where the record is of another type.
 *
 * @throws UndecodableRecordError if it says it is of this type but cannot be read as such.
 */
export function decodeEvent<Schema extends DescMessage>(
  schema: Schema,
  record: EventRecord,
  catalog: TopicCatalog = TopicCatalog.ofContracts(),
): MessageShape<Schema> | undefined {
  if (catalog.eventOf(schema).type !== record.type) return undefined;
  try {
    return fromBinary(schema, record.payload);
  } catch (error) {
    throw new UndecodableRecordError(`${record.type} at ${coordinatesOf(record)} cannot be read.`, { cause: error });
  }
}

/** `topic/partition/offset`, for log lines and messages. */
export function coordinatesOf(record: Pick<EventRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}
