import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Tx } from '#database';
import type { EventContext, Handler, ReceivedEvent } from './consuming/subscription.js';
import { EventDefinitionError } from './event-log.errors.js';

const HANDLERS = Symbol('event handlers');
const MAX_RECORDS = 200;

interface Mark {
  readonly schema: DescMessage;
  readonly method: string;
  /** Set for a handler of many at a time. */
  readonly maxRecords?: number;
}

type OneMethod<Schema extends DescMessage> = (event: MessageShape<Schema>, context: EventContext) => Promise<void>;
type ManyMethod<Schema extends DescMessage> = (events: readonly ReceivedEvent<Schema>[], tx: Tx) => Promise<void>;

/**
 * Marks the method that reacts to an event. Everything it does through `context.tx` commits together with the group's
 * position, so it takes effect exactly once; it may be run more than once until it does. What it throws rolls that back:
 * the event is tried again, and is parked after some attempts unless the error says that something is unavailable.
 */
export function On<Schema extends DescMessage>(schema: Schema) {
  return <M extends OneMethod<Schema>>(
    target: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    mark(target, { schema, method });
  };
}

/**
 * Like `On`, for events that are cheaper to handle together: the method gets events that follow each other in one
 * partition, in order. If it fails, the events are handed over in smaller numbers until the failing one stands alone.
 *
 * @param options.maxRecords the most events of one call, 200 by default
 */
export function OnBatch<Schema extends DescMessage>(schema: Schema, options: { maxRecords?: number } = {}) {
  return <M extends ManyMethod<Schema>>(
    target: object,
    method: string,
    _descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    mark(target, { schema, method, maxRecords: options.maxRecords ?? MAX_RECORDS });
  };
}

/** The handlers that the methods of an object are marked as. @throws EventDefinitionError if none is. */
export function handlersOf(instance: object): Handler[] {
  const marks = (Reflect.getMetadata(HANDLERS, instance) ?? []) as readonly Mark[];
  if (marks.length === 0)
    throw new EventDefinitionError(`${instance.constructor.name} has no method marked @On or @OnBatch.`);
  return marks.map(({ schema, method, maxRecords }) => {
    const bound = (instance as Record<string, (...values: unknown[]) => Promise<void>>)[method]!.bind(instance);
    return maxRecords === undefined ? { schema, one: bound } : { schema, many: bound, maxRecords };
  });
}

function mark(target: object, added: Mark): void {
  const marks = (Reflect.getMetadata(HANDLERS, target) ?? []) as readonly Mark[];
  Reflect.defineMetadata(HANDLERS, [...marks, added], target);
}
