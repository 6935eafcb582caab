import { fromBinary, type DescMessage, type MessageShape } from '@bufbuild/protobuf';
import type { Tx } from '#database';
import { withCorrelationId } from '#kernel';
import { EventDefinitionError, UndecodableRecordError } from '../event-log.errors.js';
import { coordinatesOf, type EventRecord } from '../event-log.js';
import type { Topic, TopicCatalog } from '../topic-catalog.js';
import type { Handler, ReceivedEvent, Subscription } from './subscription.js';

/** Hands records to the handlers of one subscription. */
export class Dispatcher {
  private readonly handlers = new Map<string, Handler>();
  readonly topics: readonly Topic[];

  constructor(
    subscription: Subscription,
    private readonly catalog: TopicCatalog,
  ) {
    const topics = new Map<string, Topic>();
    for (const handler of subscription.handlers) {
      const { type, topic } = catalog.eventOf(handler.schema);
      if (this.handlers.has(type))
        throw new EventDefinitionError(`Group "${subscription.group}" handles ${type} twice.`);
      this.handlers.set(type, handler);
      topics.set(topic.name, topic);
    }
    if (topics.size === 0) throw new EventDefinitionError(`Group "${subscription.group}" handles no event.`);
    this.topics = [...topics.values()];
  }

  /**
   * Applies records in their order, until all are done or `deadline` (a time of `performance.now()`) has passed; at least
   * one of them, or one handler's share of them.
   *
   * @returns how many were applied
   * @throws UndecodableRecordError for a type this process does not know, or a payload that is not of its type
   */
  async apply(records: readonly EventRecord[], tx: Tx, deadline: number): Promise<number> {
    let done = 0;
    while (done < records.length) {
      const record = records[done]!;
      const handler = this.handlers.get(record.type);
      if (!handler) {
        this.passOver(record);
        done += 1;
        continue;
      }
      if ('many' in handler) {
        const events = this.sameType(records, done, handler.maxRecords).map((each) => received(handler.schema, each));
        await handler.many(events, tx);
        done += events.length;
      } else {
        const { event } = received(handler.schema, record);
        await withCorrelationId(record.correlationId, () =>
          handler.one(event, { tx, tenantId: record.tenantId, record }),
        );
        done += 1;
      }
      if (performance.now() >= deadline) break;
    }
    return done;
  }

  private sameType(records: readonly EventRecord[], start: number, limit: number): EventRecord[] {
    const { type } = records[start]!;
    let end = start + 1;
    while (end < records.length && end - start < limit && records[end]!.type === type) end += 1;
    return records.slice(start, end);
  }

  /** Events that the group has no interest in are passed over; those that nobody here can read are not. */
  private passOver(record: EventRecord): void {
    if (this.catalog.eventOfType(record.type)) return;
    throw new UndecodableRecordError(
      `${record.type} at ${coordinatesOf(record)} is of a type this version does not know.`,
    );
  }
}

function received(schema: DescMessage, record: EventRecord): ReceivedEvent {
  let event: MessageShape<DescMessage>;
  try {
    event = fromBinary(schema, record.payload);
  } catch (error) {
    throw new UndecodableRecordError(`${record.type} at ${coordinatesOf(record)} cannot be read.`, { cause: error });
  }
  return { event, record };
}
