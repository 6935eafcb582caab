import { describe, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { AppTagChangedSchema, IncidentChangedSchema, Tag, TelemetryReceivedSchema } from '#contracts';
import type { AuditedRecord } from '../../../libs/testkit/src/audit/kafka-audit.js';
import { checkLog, type ReadTopic } from '../stored-log.js';

type Message = readonly [key: string, value: Uint8Array, outbox?: number];

function topics(all: Readonly<Record<string, readonly Message[]>>): ReadTopic {
  return async (topic, onRecord) => {
    for (const [index, [key, value, outbox]] of (all[topic] ?? []).entries()) {
      const record: AuditedRecord = {
        partition: 0,
        offset: BigInt(index),
        key,
        headers: { ce_outboxoffset: String(outbox ?? index) },
        value: Buffer.from(value),
      };
      onRecord(record);
    }
  };
}

function batch(sequence: number, numbers: readonly number[]): Message {
  const events = numbers.map((number) => ({ bytesUp: BigInt(number) }));
  const message = create(TelemetryReceivedSchema, { sourceId: 'd1', sequence: BigInt(sequence), events });
  return ['t/d1', toBinary(TelemetryReceivedSchema, message)];
}

function decision(tag: Tag, previousTag: Tag, outbox: number): Message {
  const message = create(AppTagChangedSchema, { appId: 'app', tag: { tag }, previousTag });
  return ['t/app', toBinary(AppTagChangedSchema, message), outbox];
}

function incident(version: bigint): Message {
  const message = create(IncidentChangedSchema, { incidentId: 'i', incident: { version } });
  return ['t/i', toBinary(IncidentChangedSchema, message)];
}

const SEALS = new Map([
  [
    'd1',
    [
      { events: 2, sum: 3 },
      { events: 1, sum: 3 },
      { events: 2, sum: 9 },
    ],
  ],
]);

describe('the check of the log', () => {
  it('finds nothing in a log that holds every batch in turn, some of them twice', async () => {
    const telemetry = [batch(1, [1, 2]), batch(2, [3]), batch(1, [1, 2]), batch(2, [3]), batch(3, [4, 5])];
    const decisions = [decision(Tag.MONITORED, 0, 0), decision(0, Tag.MONITORED, 1), decision(0, Tag.MONITORED, 1)];
    const found = await checkLog(
      topics({ telemetry, 'app-tag': decisions, incident: [incident(1n), incident(2n)] }),
      SEALS,
    );
    expect(found).toMatchObject({ lost: 0, strange: 0, misordered: 0, sentTwice: 2, records: 5 });
  });

  it('notices a batch that is missing, one that came too early, and one that is not what was sent', async () => {
    const missing = await checkLog(topics({ telemetry: [batch(1, [1, 2]), batch(2, [3])] }), SEALS);
    expect(missing).toMatchObject({ lost: 2, misordered: 0 });
    const early = await checkLog(topics({ telemetry: [batch(1, [1, 2]), batch(3, [4, 5]), batch(2, [3])] }), SEALS);
    expect(early).toMatchObject({ misordered: 1 });
    const changed = await checkLog(topics({ telemetry: [batch(1, [1, 9])] }), SEALS);
    expect(changed).toMatchObject({ strange: 2, lost: 5 });
  });

  it('notices decisions and incidents that are out of order', async () => {
    const decisions = [decision(Tag.MONITORED, 0, 0), decision(Tag.SANCTIONED, Tag.UNSANCTIONED, 1)];
    const found = await checkLog(topics({ 'app-tag': decisions, incident: [incident(2n), incident(1n)] }), new Map());
    expect(found.misordered).toBe(2);
  });
});
