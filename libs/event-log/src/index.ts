export * from './consumer.js';
export type { Consumption, EventContext, Handler, ReceivedEvent, Subscription } from './consuming/subscription.js';
export {
  ParkingStore,
  type ParkedFilter,
  type ParkedPlace,
  type ParkedRecord,
  type ParkedRequest,
  type RequestKind,
} from './consuming/parking.store.js';
export * from './cursor.js';
export { EVENT_LOG_MIGRATIONS } from './event-log-migrations.js';
export * from './event-log.config.js';
export * from './event-log.errors.js';
export * from './event-log.js';
export * from './event-log.module.js';
export * from './kafka/kafka-event-log.js';
export * from './kafka/kafka.config.js';
export * from './on.js';
export * from './partitioning.js';
export * from './postgres/postgres-event-log.js';
export * from './signals/redis-wake-ups.js';
export * from './signals/signals.js';
export type { WakeUps } from './signals/wake-ups.js';
export * from './topic-catalog.js';
