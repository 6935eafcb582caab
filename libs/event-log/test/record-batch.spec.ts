import { describe, expect, it } from '@jest/globals';
import { crc32c, readRecordsBatch, Reader } from '@platformatic/kafka';
import fc from 'fast-check';
import { BatchArena } from '../src/kafka/batch-arena.js';
import { FetchedBatch } from '../src/kafka/fetched-batch.js';
import type { OutgoingRecord } from '../src/kafka/outgoing-record.js';
import { encodeRecordBatch, type BatchWriter } from '../src/kafka/record-batch.js';

const topic = { name: 'counted', owner: 'producer' };
const writer: BatchWriter = { producerId: 7n, producerEpoch: 3, firstSequence: 12, compression: 'none' };
const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const text = fc.string({ unit: 'binary', maxLength: 200 });
const outgoing: fc.Arbitrary<OutgoingRecord> = fc.record({
  topic: fc.constant(topic),
  partition: fc.constant(5),
  tenantId: fc.uuid(),
  key: text,
  type: fc.constantFrom('a.v1', 'a-much-longer-name-of-an-event.v12'),
  id: fc.uuid(),
  time: fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
  correlationId: text,
  payload: fc.uint8Array({ maxLength: 5_000 }),
  outboxOffset: fc.bigInt({ min: 0n, max: 1n << 50n }),
});

describe('a record batch', () => {
  it.each(COMPRESSIONS)('comes back as it was written, compressed with %s', (compression) => {
    fc.assert(
      fc.property(fc.array(outgoing, { minLength: 1, maxLength: 30 }), (records) => {
        const read = eventsOf(encodeRecordBatch(records, { ...writer, compression }, new BatchArena()));
        expect(read.map(contentOf)).toEqual(records.map(contentOf));
        expect(read.map((record) => record.offset)).toEqual(records.map((_, index) => BigInt(index)));
      }),
      { numRuns: 60 },
    );
  });

  it('is what the client itself reads, headers and all', () => {
    const [sample] = fc.sample(outgoing, { numRuns: 1, seed: 1 });
    const bytes = encodeRecordBatch([sample!, { ...sample!, key: 'other' }], writer, new BatchArena());
    const batch = readRecordsBatch(Reader.from(Buffer.from(bytes)));
    expect(batch).toMatchObject({ magic: 2, producerId: 7n, producerEpoch: 3, firstSequence: 12, lastOffsetDelta: 1 });
    expect(batch.records.map(({ key }) => key?.toString())).toEqual([
      `${sample!.tenantId}/${sample!.key}`,
      `${sample!.tenantId}/other`,
    ]);
    const headers = new Map([...batch.records[0]!.headers].map(([name, value]) => [String(name), String(value)]));
    expect(Object.fromEntries(headers)).toEqual({
      ce_specversion: '1.0',
      ce_id: sample!.id,
      ce_type: sample!.type,
      ce_source: '/gnomon/producer',
      ce_time: sample!.time.toISOString(),
      ce_tenantid: sample!.tenantId,
      ce_correlationid: sample!.correlationId,
      ce_outboxoffset: String(sample!.outboxOffset),
      'content-type': 'application/protobuf',
    });
    expect(Buffer.from(batch.records[0]!.value!)).toEqual(Buffer.from(sample!.payload));
  });

  it('carries the checksum of all behind it', () => {
    const [sample] = fc.sample(outgoing, { numRuns: 1, seed: 2 });
    const bytes = encodeRecordBatch([sample!], writer, new BatchArena());
    expect(bytes.readUInt32BE(17)).toBe(crc32c(Buffer.from(bytes.subarray(21))));
  });

  it('is left for the next answer where it is cut off', () => {
    const [sample] = fc.sample(outgoing, { numRuns: 1, seed: 3 });
    const one = Buffer.from(encodeRecordBatch([sample!], writer, new BatchArena()));
    const cut = Buffer.concat([one, one.subarray(0, one.length - 1)]);
    expect(FetchedBatch.allOf(Reader.from(cut), 0, cut.length)).toHaveLength(1);
    expect(FetchedBatch.allOf(Reader.from(cut), 0, 60)).toHaveLength(0);
  });

  it('is refused where its records are damaged', () => {
    const [sample] = fc.sample(outgoing, { numRuns: 1, seed: 4 });
    const bytes = Buffer.from(encodeRecordBatch([sample!], writer, new BatchArena()));
    bytes.writeInt32BE(2, 57);
    expect(() => eventsOf(bytes)).toThrow(RangeError);
  });

  it('skips what lies before the offset that was asked for', () => {
    const records = fc.sample(outgoing, { numRuns: 10, seed: 5 });
    const bytes = encodeRecordBatch(records, writer, new BatchArena());
    expect(eventsOf(bytes, 7n).map((record) => record.offset)).toEqual([7n, 8n, 9n]);
  });

  it('does not touch another one from the same arena', () => {
    const arena = new BatchArena();
    const sets = [1, 2, 3].map((seed) => fc.sample(outgoing, { numRuns: 40, seed }));
    const batches = sets.map((records) => encodeRecordBatch(records, writer, arena));
    expect(batches.map((bytes) => eventsOf(bytes).map(contentOf))).toEqual(
      sets.map((records) => records.map(contentOf)),
    );
  });
});

function eventsOf(bytes: Buffer, from = 0n) {
  const copy = Buffer.from(bytes);
  return FetchedBatch.allOf(Reader.from(copy), 0, copy.length).flatMap((batch) => [
    ...batch.eventsFrom('counted', 5, from),
  ]);
}

function contentOf(record: Omit<OutgoingRecord, 'topic' | 'partition'>) {
  const { tenantId, key, type, id, time, correlationId, payload, outboxOffset } = record;
  return { tenantId, key, type, id, time, correlationId, payload: Buffer.from(payload).toString('hex'), outboxOffset };
}
