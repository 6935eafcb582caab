import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Tx } from '#database';
import type { EventRecord } from '../event-log.js';

/** What a handler is given besides the event. */
export interface EventContext {
  /** Everything the handler writes or appends goes through this, and commits together with the consumer's position. */
  readonly tx: Tx;
  /** Empty for the global catalog. */
  readonly tenantId: string;
  readonly record: EventRecord;
}

/** An event with the record it came in. */
export interface ReceivedEvent<Schema extends DescMessage = DescMessage> {
  readonly event: MessageShape<Schema>;
  readonly record: EventRecord;
}

/** A handler of one type of event: one at a time, or some at a time. */
export type Handler =
  | {
      readonly schema: DescMessage;
      readonly one: (event: MessageShape<DescMessage>, context: EventContext) => Promise<void>;
    }
  | {
      readonly schema: DescMessage;
      readonly many: (events: readonly ReceivedEvent[], tx: Tx) => Promise<void>;
      /** The most events of one call. */
      readonly maxRecords: number;
    };

export interface Subscription {
  /** The consumer group: its position is kept under this name, so it must never change and is used once per service. */
  readonly group: string;
  readonly handlers: readonly Handler[];
  /** Where a group begins that has no position yet. Default `earliest`. */
  readonly from?: 'earliest' | 'latest';
}

/** A running subscription. */
export interface Consumption {
  /** Resolves once it has found its positions and takes records. */
  readonly started: Promise<void>;
  /** Records that are in the log and not yet applied, by topic, as far as this member knows. */
  lag(): ReadonlyMap<string, bigint>;
  /** Finishes the transactions that are running, up to the deadline of the settings, and lets others take over. */
  stop(): Promise<void>;
}
