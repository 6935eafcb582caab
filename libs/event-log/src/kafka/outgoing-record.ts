import type { Topic } from '../topic-catalog.js';

/** An event on its way to a topic. */
export interface OutgoingRecord {
  readonly topic: Pick<Topic, 'name' | 'owner'>;
  readonly partition: number;
  readonly tenantId: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly time: Date;
  readonly correlationId: string;
  readonly payload: Uint8Array;
  /** Its place in the service's outbox, where it went through that. */
  readonly outboxOffset?: bigint;
}
