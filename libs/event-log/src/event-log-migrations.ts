import { EventLogOutbox1610000000000 } from './migrations/event-log-outbox-1610000000000.js';
import { EventLogRequests1620000000000 } from './migrations/event-log-requests-1620000000000.js';
import { EventLogTables1600000000000 } from './migrations/event-log-tables-1600000000000.js';

/** The tables of the log, which every service's schema has, step by step. */
export const EVENT_LOG_MIGRATIONS = [
  EventLogTables1600000000000,
  EventLogOutbox1610000000000,
  EventLogRequests1620000000000,
];
