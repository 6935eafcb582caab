import { describe, expect, it } from '@jest/globals';
import { EventLogSettings, handlersOf } from '#event-log';
import { CorrelatorHandlers } from '../src/correlator.handlers.js';

describe('the handlers of events', () => {
  it('take all records of a transaction in one call, so that tenants are locked in one order', () => {
    const handlers = handlersOf(Object.create(CorrelatorHandlers.prototype) as object);
    expect(handlers).toHaveLength(4);
    for (const handler of handlers) {
      expect('many' in handler && handler.maxRecords).toBeGreaterThanOrEqual(EventLogSettings.load().batchRecords);
    }
  });
});
