import { describe, expect, it } from '@jest/globals';
import type { Database } from '#database';
import { EventLogSettings } from '#event-log';
import { Metrics } from '#kernel';
import { LogMetrics } from '../src/log-metrics.js';
import type { EncodedEvent } from '../src/postgres/encoded-event.js';
import { Publisher } from '../src/postgres/publisher.js';

describe('the publisher', () => {
  it('takes along what is published the moment the one before is durable', async () => {
    let written = 0;
    const publisher = new Publisher({
      database: { schema: 'producer' } as Database,
      settings: { ...EventLogSettings.load(), publishLingerMs: 0 },
      metrics: new LogMetrics(new Metrics()),
      write: async (events) => void (written += events.length),
    });
    const event = { payload: new Uint8Array(1) } as EncodedEvent;
    for (let number = 0; number < 100; number++) await publisher.publish(event);
    expect(written).toBe(100);
    await publisher.drain();
  }, 5_000);
});
