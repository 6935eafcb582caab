import { toBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import { newId } from '#kernel';
import { EventDefinitionError, recordTooLarge } from '../event-log.errors.js';
import { partitionOf } from '../partitioning.js';
import type { Topic, TopicCatalog } from '../topic-catalog.js';

/** An event ready to be written: everything but its offset and time. */
export interface EncodedEvent {
  readonly topic: Topic;
  readonly partition: number;
  readonly tenantId: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly correlationId: string;
  readonly payload: Uint8Array;
}

export interface UnencodedEvent {
  readonly schema: DescMessage;
  readonly message: MessageShape<DescMessage>;
  readonly tenantId: string;
  readonly correlationId: string;
}

/**
 * @throws EventDefinitionError if the message is no event, or is one of a topic that another service owns
 * @throws DomainError `event-log.record-too-large`
 */
export function encodeEvent(
  event: UnencodedEvent,
  catalog: TopicCatalog,
  service: string,
  maxBytes: number,
): EncodedEvent {
  const eventType = catalog.eventOf(event.schema);
  const { type, topic } = eventType;
  if (topic.owner !== service) {
    throw new EventDefinitionError(`Only "${topic.owner}" appends to topic "${topic.name}", not "${service}".`);
  }
  const key = eventType.keyOf(event.message, event.tenantId);
  const payload = toBinary(event.schema, event.message);
  if (payload.length > maxBytes) throw recordTooLarge(type, payload.length, maxBytes);
  return {
    topic,
    partition: partitionOf(event.tenantId, key, topic.partitions),
    tenantId: event.tenantId,
    key,
    type,
    id: newId(),
    correlationId: event.correlationId,
    payload,
  };
}
